"""``with procwire.impair("eth0", loss="3%"):`` a bad network for the length of a block.

It ends with the block, with this process however that ends, and with its lease at the latest. The words are
those of the command line with underscores: ``rtt="200ms"``, ``egress_rate="1mbit"``, ``match="port=443"``.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from procwire.shaping.document import impairment
from procwire.shaping.journal import Entry
from procwire.shaping.quantities import span
from procwire.shaping.session import USUAL_LEASE_NS, Shaper, Terms, owner
from procwire.shaping.target import target as read_target


@contextlib.contextmanager
def impair(
    target: str,
    *,
    lease: str = "",
    adopt: bool = False,
    add: bool = False,
    management: tuple[str, ...] = (),
    state: Path | None = None,
    **words: Any,
) -> Iterator[Entry]:
    """Shape a target within a block. Raises ShapingError. ``add``: beside what is shaped for the same target.
    ``state``: another directory for the journal.
    """
    whose = read_target(target, str(words.pop("interface", "")))
    wanted = impairment(words, whose)
    terms = Terms(
        lease_ns=span(lease, "lease") if lease else USUAL_LEASE_NS,
        owner=owner(os.getpid()),
        adopt=adopt,
        add=add,
        management=tuple(ip_network(text, strict=False) for text in management),
    )
    with Shaper(state) as shaper:
        shaped = shaper.shape(wanted, terms)
        try:
            yield shaped.entry
        finally:
            shaper.clear(identity=shaped.entry.id)

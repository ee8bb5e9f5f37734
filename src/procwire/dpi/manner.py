# cython: language_level=3
"""How a flow came to be recognised, whatever its protocol: on an unusual port, or in tiny first pieces.

Refuses to judge a protocol inside another: its port is the outer one's, and its pieces are its parser's. A
port that was agreed on in another flow is not unusual.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.settings import state
from procwire.model.risks import SPLIT_BANNER, SPLIT_BYTES, UNUSUAL_PORT

if cython.compiled:
    from cython.cimports.procwire.dpi.entry import Entry
    from cython.cimports.procwire.dpi.opening import Opening
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.entry import Entry
    from procwire.dpi.opening import Opening
    from procwire.model.flow import Flow


@cython.ccall
def note(flow: Flow, entry: Entry, opening: Opening, depth: cython.int) -> Any:
    """State what is true of a flow whose bytes ``entry`` has just taken; no ``opening``: in one piece."""
    if depth:
        return None
    usual = entry.usual.get(flow.proto)
    if usual and flow.dport not in usual and flow.sport not in usual and "announced_by" not in flow.facts:
        state(flow, UNUSUAL_PORT)
    if opening is None or opening.datagrams or opening.loose or getattr(entry.module, "PIECES", False):
        return None
    if split(opening.pieces):
        state(flow, SPLIT_BANNER)
    return None


def split(pieces: Any) -> bool:
    """Whether the side that spoke first did so in a tiny piece and then went on, before any answer."""
    if len(pieces) < 2:
        return False
    side, first, _ = pieces[0]
    return len(first) < SPLIT_BYTES and bool(pieces[1][0] == side)

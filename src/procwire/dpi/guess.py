"""The last resort: what a port usually means. Always marked ``port-guess``, never shown as detected.

Refuses to guess against the evidence: the analyzer asks only where no content was seen from its start.
"""

from __future__ import annotations

from typing import Any

from procwire.dpi.registry import Registry

CONTENT = "content"
PORT_GUESS = "port-guess"
ANNOUNCED = "announced"  # another flow said in the open that this would be it
UNKNOWN = "unknown"


def guess(registry: Registry, flow: Any, opening: Any) -> tuple[str, str]:
    """(app, app_confidence) of a flow by its ports; ``opening`` is what was seen of its start, or None.

    A protocol that was shown the start and refused it is not guessed.
    """
    hinted = registry.hinted(flow.proto, flow.sport, flow.dport)
    if opening is not None and not opening.uncertain:
        hinted = tuple(entry for entry in hinted if entry in (opening.waiting or ()))
    if hinted:
        return hinted[0].name, PORT_GUESS
    return UNKNOWN, UNKNOWN

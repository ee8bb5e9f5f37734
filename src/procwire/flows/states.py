# cython: language_level=3
"""The states a flow can be in, as an observer between the two ends sees them (RFC 9293 section 3.3.2).

An observer cannot tell the FIN-WAITs of one end from the CLOSE-WAIT of the other: one FIN is ``fin-wait``,
two are ``closing``, and two acknowledged ones ``closed``.
"""

from __future__ import annotations

NEW = 0
SYN_SENT = 1
SYN_RECEIVED = 2
ESTABLISHED = 3
FIN_WAIT = 4
CLOSING = 5
CLOSED = 6
RESET = 7
MIDSTREAM = 8  # open; its handshake was not seen
ACTIVE = 9  # not TCP: one side has spoken
REPLIED = 10  # not TCP: both sides have spoken

NAMES = (
    "new",
    "syn-sent",
    "syn-received",
    "established",
    "fin-wait",
    "closing",
    "closed",
    "reset",
    "midstream",
    "active",
    "replied",
)

# Why a flow ended.
FIN = "fin"
RST = "rst"
TIMEOUT = "timeout"
REPLACED = "replaced"  # a new connection took its ports
EVICTED = "evicted"  # the table was full
CAPTURE_END = "capture-end"
REASONS = (FIN, RST, TIMEOUT, REPLACED, EVICTED, CAPTURE_END)


def name(state: int) -> str:
    """The name of a state; ``unknown`` for a number that is none."""
    return NAMES[state] if 0 <= state < len(NAMES) else "unknown"


def reason(state: int, otherwise: str) -> str:
    """Why a flow in this state ended: by its own FIN or RST where it did, else as the caller says."""
    if state in {CLOSING, CLOSED}:
        return FIN
    return RST if state == RESET else otherwise

# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Which flows are a tracker's own where several share the packets of a capture, and when theirs end.

Each tracker is shown every packet, so that time passes for all alike, and counts those of its own flows. A
flow's ``place`` says when it ended in the whole: put together by place, the ends are those of one tracker
that has all flows. Where that cannot be promised, as a bound is met that one tracker would have met
elsewhere, ``strained`` says why. Refuses to know what a flow is.
"""

from __future__ import annotations

import cython

from procwire.flows import bits

# What a turn consists of, in order. Before these: the kinds of ``bits``, whose silent flows are ended.
HOLES = bits.KINDS  # holes are given up
PACKET = bits.KINDS + 1  # the packet itself is taken
_HOLES = cython.declare(cython.int, HOLES)

Place = tuple[int, int, int]  # turn, step in it, and when the flow was heard last


@cython.cclass
class Share:
    """Part ``part`` of ``parts``. ``turn`` grows with every packet, ``step`` within a turn.

    ``together``: the first part has all flows over UDP, since one may be another on another path (QUIC).
    """

    part: cython.int
    parts: cython.int
    together: cython.bint
    turn: cython.longlong
    step: cython.int
    heard: cython.longlong
    places: list[Place]  # of the flows that ended in the running ingest, where there are other parts
    strained: str

    def __init__(self, part: int = 0, parts: int = 1) -> None:
        self.part = part
        self.parts = parts
        self.together = False
        self.turn = self.heard = 0
        self.step = 0
        self.places = []
        self.strained = ""

    @property
    def place(self) -> Place:
        """Where the whole stands now."""
        return (self.turn, self.step, self.heard if self.step < _HOLES else 0)

    @property
    def uncertain(self) -> bool:
        """Are others perhaps doing the same at the same place, in an order that is not known?"""
        return self.step == _HOLES

    @cython.cfunc
    @cython.exceptval(check=False)
    def mine(self, key: cython.uint) -> cython.bint:
        """Is the flow of this hash one of this part?"""
        return (cython.cast(cython.ulonglong, key) * self.parts) >> 32 == self.part

    @cython.cfunc
    @cython.exceptval(-1)
    def note(self, heard: cython.longlong) -> cython.int:
        """A flow ends here and now that was heard last in turn ``heard``."""
        self.heard = heard
        if self.parts > 1:
            self.places.append(self.place)
        return 0

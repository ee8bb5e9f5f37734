# cython: language_level=3
"""What is held for one flow while it is read: its undecided bytes, or its parser and what that still skips.

Stands between the analyzer and a parser that may raise anything: a ProtocolError is a fault, any other
error is a defect of the parser, and neither goes further.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.contract import ProtocolError
from procwire.model.observation import Observation
from procwire.model.streams import ENOUGH, Direction

if cython.compiled:
    from cython.cimports.procwire.dpi.chooser import Undecided
    from cython.cimports.procwire.dpi.entry import Entry
    from cython.cimports.procwire.dpi.opening import Opening
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.dpi.chooser import Undecided
    from procwire.dpi.entry import Entry
    from procwire.dpi.opening import Opening
    from procwire.model.flow import Flow

MAX_BAD_DATAGRAMS = 8  # in a row, before a UDP parser is given up

_SIDES = (Direction.OUT, Direction.IN)
_ENOUGH: cython.longlong = ENOUGH
_NOTHING: tuple[Observation, ...] = ()


class Finished:
    """Stands in ``flow.analysis`` of a flow that no one reads any more; one for all."""


DONE = Finished()


@cython.no_gc
@cython.cclass
class Reading:
    """``opening`` is kept until the parser has proved itself by an observation.

    No cycle can pass through it: it is known to its flow alone. So it is hidden from the collector (.pxd).
    """

    opening: Opening
    entry: Entry
    parser: Any
    counted: cython.longlong  # undecided bytes held when it was last asked
    owed_out: cython.longlong  # bytes the parser skips and that were not passed over yet
    owed_in: cython.longlong
    context: Any  # of a parser that is chosen by first bytes, which are yet to come; else None
    waiting: Undecided  # the parser, where another will take its place
    proven: cython.bint
    good: cython.bint  # whether the last call was taken
    datagrams: cython.bint
    bad: cython.int  # calls in a row that were not
    faults: cython.int
    depth: cython.int
    chain: str  # outer protocols, outermost first
    said: str  # what the innermost of them said would follow
    expected: Any  # what another flow said of this one: an expected.Expectation, or None
    defect: Any

    def __init__(self, opening: Any, datagrams: bool) -> None:
        self.opening = opening
        self.entry = self.parser = self.defect = self.expected = None
        self.chain = self.said = ""
        self.counted = 0
        self.owed_out = self.owed_in = 0
        self.context = None
        self.waiting = None
        self.proven = False
        self.good = True
        self.datagrams = datagrams
        self.bad = self.depth = 0
        self.faults = 0

    @cython.ccall
    def adopt(self, entry: Entry, context: Any) -> Any:
        """Begin with the parser of ``entry``, or with none."""
        self.entry = entry
        self.context = None
        self.waiting = None
        if entry is not None and entry.claims is None:
            self.defect = entry.load() or self.defect
        if entry is None:
            self.parser = None
        elif entry.chooser is None:
            self.parser = entry.parser(context)
        else:
            self.parser = entry  # until it is chosen
            self.context = context
        self.proven = False
        self.good = True
        self.bad = 0
        self.owed_out = self.owed_in = 0
        return None

    @cython.ccall
    def name(self, flow: Flow) -> Any:
        """Write to the flow what it speaks, as far as is known now."""
        if self.entry is not None:
            flow.app = self.entry.name
            flow.app_confidence = self.entry.confidence
            if self.chain:
                flow.facts["via"] = self.chain
        elif self.depth == 0:
            flow.app = flow.app_confidence = "unknown"
        return None

    @cython.ccall
    @cython.exceptval(check=False)
    def growth(self) -> cython.longlong:
        """How many more undecided bytes are held than when this was asked last; may be negative."""
        held: cython.longlong = 0 if self.opening is None else self.opening.held
        more: cython.longlong = held - self.counted
        self.counted = held
        return more

    @cython.ccall
    def feed(self, side: cython.int, data: bytes, now: cython.longlong) -> Any:
        """Show bytes, without those the parser skips; returns the observations and sets ``good``."""
        owed: cython.longlong = self.owed_out if side == 0 else self.owed_in
        if owed > 0:
            size: cython.longlong = len(data)
            self.good = True
            if owed >= size:
                if owed < _ENOUGH:
                    self._owe(side, owed - size)
                return _NOTHING
            data = data[owed:]
        return self._call(side, data, 0, now)

    @cython.ccall
    def lose(self, side: cython.int, size: cython.longlong, now: cython.longlong) -> Any:
        """Tell of a gap; returns as ``feed`` does."""
        return self._call(side, b"", size, now)

    @cython.ccall
    def finish(self, now: cython.longlong) -> Any:
        """What the parser holds to the last."""
        if self.context is not None or (self.entry is not None and not self.entry.finishes):
            return _NOTHING
        try:
            if self.entry is not None and self.entry.chooser is not None:
                return self.entry.chooser.finish(self.parser, now)
            last = getattr(self.parser, "finish", None)
            return _NOTHING if last is None else list(last(now))
        except Exception as error:
            self.defect = f"{self.entry.name}.finish: {error!r}"
            return _NOTHING

    @cython.ccall
    def remainder(self, side: cython.int) -> bytes:
        """What the parser was fed and did not read, at an upgrade."""
        ask = getattr(self.parser, "remainder", None)
        return b"" if ask is None else bytes(ask(_SIDES[side]))

    @cython.ccall
    @cython.exceptval(check=False)
    def appetite(self, side: cython.int) -> cython.longlong:
        """How many bytes of a side need not be shown; asking settles it."""
        owed: cython.longlong = self.owed_out if side == 0 else self.owed_in
        if owed > 0 and owed < _ENOUGH:
            self._owe(side, 0)
        return owed

    @cython.ccall
    @cython.exceptval(check=False)
    def sated(self) -> cython.bint:
        """Whether nothing of either side is needed any more."""
        return self.owed_out >= _ENOUGH and self.owed_in >= _ENOUGH

    @cython.cfunc
    def _call(self, side: cython.int, data: bytes, lost: cython.longlong, now: cython.longlong) -> Any:
        seen: Any = _NOTHING
        try:
            if self.context is not None:
                self._choose(data)
            if lost:
                seen = self.parser.gap(_SIDES[side], lost, now=now)
            else:
                seen = self.parser.feed(_SIDES[side], data, now=now)
            if type(seen) is not list and type(seen) is not tuple:
                seen = self._drawn(iter(seen))
                if not self.good:
                    self._bad()
                    return seen
            if self.waiting is not None and self.waiting.successor is not None:
                self.parser = self.waiting.successor
                self.waiting = None
            self._ask(side)
            self.good = True
            self.bad = 0
        except ProtocolError:
            self.faults += 1
            self._bad()
        except Exception as error:
            self.defect = f"{self.entry.name}: {error!r}"
            self._bad()
        if seen:
            self.proven = True
        return seen

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _choose(self, data: bytes) -> cython.int:
        parser: Any = self.entry.chooser.choose(self.context, data)
        if isinstance(parser, Undecided):
            self.waiting = parser
        self.parser = parser
        self.context = None
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _ask(self, side: cython.int) -> cython.int:
        """How much the parser skips of a side; where that is all the rest, the other side may be done too."""
        size: cython.longlong = self.parser.skip(_SIDES[side])
        self._owe(side, size)
        if size >= _ENOUGH and self.parser.skip(_SIDES[1 - side]) >= _ENOUGH:
            self._owe(1 - side, _ENOUGH)
        return 0

    @cython.cfunc
    def _drawn(self, source: Any) -> Any:
        """All that a generator yields before it ends or fails; ``good`` says which."""
        kept: list[Any] = []
        self.good = True
        try:
            for observation in source:  # not extend: what came before an error is kept
                kept.append(observation)  # noqa: PERF402
        except ProtocolError:
            self.faults += 1
            self.good = False
        except Exception as error:
            self.defect = f"{self.entry.name}: {error!r}"
            self.good = False
        if kept:
            self.proven = True
        return kept

    @cython.cfunc
    @cython.exceptval(check=False)
    def _bad(self) -> cython.void:
        """A bad datagram among good ones is passed over; a bad stream is not."""
        self.bad += 1
        self.good = self.datagrams and self.proven and self.bad <= MAX_BAD_DATAGRAMS

    @cython.cfunc
    @cython.exceptval(check=False)
    def _owe(self, side: cython.int, size: cython.longlong) -> cython.void:
        if size > 0:
            self.proven = True
        if side == 0:
            self.owed_out = size
        else:
            self.owed_in = size

# cython: language_level=3
"""What is said inside: decrypted bytes through the same parsers as clear text.

The inner conversation is a flow of its own that is never shown: the analyzer reads it, and what it observes
is handed to the outer parser, to be told of the real flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cython

from procwire.dpi.analyzer import Analyzer
from procwire.dpi.contract import Asked, Context
from procwire.dpi.registry import Registry
from procwire.model.flow import Flow
from procwire.model.observation import Carried, Observation, Upgraded
from procwire.model.streams import ENOUGH, Direction

_PROTO = {"tcp": 6, "udp": 17}


_NOTHING: tuple[Observation, ...] = ()
_ENOUGH = cython.declare(cython.longlong, ENOUGH)


@cython.cclass
class Inside:
    """One inner stream, both sides. Each call returns what was observed, a ``Carried`` when it has a name."""

    _found: list[Observation]
    _analyzer: Any
    _flow: Any
    _owed_out: cython.longlong  # bytes that the inner parser skips and that were not passed over yet
    _owed_in: cython.longlong
    _named: str

    def __init__(self, context: Context, protocols: Registry) -> None:
        self._found = []
        asked = Asked.RECORDS if context.told else Asked.FACTS
        self._analyzer = Analyzer(self._emit, protocols=protocols, asked=asked)
        self._flow = Flow()
        self._flow.proto = _PROTO[context.transport]
        self._flow.sport, self._flow.dport = context.src_port, context.dst_port
        self._flow.opener_seen = True
        self._owed_out = self._owed_in = 0
        self._named = ""

    @cython.ccall
    @cython.exceptval(-1)
    def sated(self) -> cython.bint:
        """Whether nothing of either side is read any more."""
        return self._owed_out >= _ENOUGH and self._owed_in >= _ENOUGH

    @property
    def app(self) -> str:
        """What is spoken inside; "unknown" where that is not known."""
        return self._flow.app

    @cython.ccall
    def feed(self, side: cython.int, data: bytes, now: cython.longlong) -> Sequence[Observation]:
        """The next bytes of a side."""
        owed: cython.longlong = self._owed_out if side == 0 else self._owed_in
        size: cython.longlong = len(data)
        if owed >= size:
            if owed < _ENOUGH:
                self._owe(side, owed - size)
            return _NOTHING
        self._owe(side, self._analyzer.data(self._flow, side, data[owed:] if owed else data, now))
        return self._told(Direction(side), now)

    def gap(self, side: Direction, size: int, now: int) -> list[Observation]:
        """``size`` bytes (a guess is enough) of a side could not be read."""
        self._owe(side, self._analyzer.gap(self._flow, side, max(size, 1), now))
        return self._told(side, now)

    @cython.cfunc
    @cython.exceptval(-1)
    def _owe(self, side: cython.int, size: cython.longlong) -> cython.int:
        if side == 0:
            self._owed_out = size
        else:
            self._owed_in = size
        return 0

    def finish(self, now: int) -> list[Observation]:
        """No more will come."""
        self._analyzer.ended(self._flow, now)
        return self._told(Direction.OUT, now)

    def _emit(self, flow: Flow, observation: Observation) -> None:  # noqa: ARG002
        if type(observation) is not Upgraded:  # it was made here: the outer stream stays what it is
            self._found.append(observation)

    def _told(self, side: Direction, now: int) -> list[Observation]:
        found, self._found = self._found, []
        via = str(self._flow.facts.get("via", ""))
        name = f"{via}.{self._flow.app}" if via else self._flow.app
        if self._flow.app_confidence == "content" and name != self._named:
            self._named = name
            found.insert(0, Carried(time=now, side=side, app=self._flow.app, inside=via))
        return found

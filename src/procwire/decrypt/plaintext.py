"""What is said inside: decrypted bytes through the same parsers as clear text.

The inner conversation is a flow of its own that is never shown: the analyzer reads it, and what it observes
is handed to the outer parser, to be told of the real flow.
"""

from __future__ import annotations

from procwire.dpi.analyzer import Analyzer
from procwire.dpi.contract import Context
from procwire.dpi.registry import Registry
from procwire.model.flow import Flow
from procwire.model.observation import Carried, Observation
from procwire.model.streams import ENOUGH, Direction

_PROTO = {"tcp": 6, "udp": 17}


class Inside:
    """One inner stream, both sides. Each call returns what was observed, a ``Carried`` when it has a name."""

    def __init__(self, context: Context, protocols: Registry) -> None:
        self._found: list[Observation] = []
        self._analyzer = Analyzer(self._emit, protocols=protocols, told=context.told)
        self._flow = Flow()
        self._flow.proto = _PROTO[context.transport]
        self._flow.sport, self._flow.dport = context.src_port, context.dst_port
        self._flow.opener_seen = True
        self._owed = [0, 0]
        self._named = ""

    @property
    def sated(self) -> bool:
        """Whether nothing of either side is read any more."""
        return min(self._owed) >= ENOUGH

    @property
    def app(self) -> str:
        """What is spoken inside; "unknown" where that is not known."""
        return self._flow.app

    def feed(self, side: Direction, data: bytes, now: int) -> list[Observation]:
        """The next bytes of a side."""
        owed = self._owed[side]
        if owed >= len(data):
            self._owed[side] = owed if owed >= ENOUGH else owed - len(data)
            return []
        self._owed[side] = self._analyzer.data(self._flow, side, data[owed:], now)
        return self._told(side, now)

    def gap(self, side: Direction, size: int, now: int) -> list[Observation]:
        """``size`` bytes (a guess is enough) of a side could not be read."""
        self._owed[side] = self._analyzer.gap(self._flow, side, max(size, 1), now)
        return self._told(side, now)

    def finish(self, now: int) -> list[Observation]:
        """No more will come."""
        self._analyzer.ended(self._flow, now)
        return self._told(Direction.OUT, now)

    def _emit(self, flow: Flow, observation: Observation) -> None:  # noqa: ARG002
        self._found.append(observation)

    def _told(self, side: Direction, now: int) -> list[Observation]:
        found, self._found = self._found, []
        via = str(self._flow.facts.get("via", ""))
        name = f"{via}.{self._flow.app}" if via else self._flow.app
        if self._flow.app_confidence == "content" and name != self._named:
            self._named = name
            found.insert(0, Carried(time=now, side=side, app=self._flow.app, inside=via))
        return found

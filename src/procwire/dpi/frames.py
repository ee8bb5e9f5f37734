"""Protocols of frames that are not IP (ARP, LLDP): one parser each for a whole run, and no flow.

Who is told of what they saw gets a stand-in for the flow: number 0, without addresses, the protocol's name in
``app``. It is never opened, counted or ended.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.dpi.contract import Context
from procwire.dpi.guess import CONTENT
from procwire.dpi.reading import Reading
from procwire.dpi.registry import LINK, Registry
from procwire.dpi.tally import Tally
from procwire.model.flow import Flow


class Frames:
    """``links``: the ethertypes that a protocol of the registry reads. Faults go to the tally."""

    def __init__(self, registry: Registry, emit: Callable[[Any, Any], None], tally: Tally) -> None:
        self._emit = emit
        self._tally: Any = tally
        self._entries: dict[int, Any] = {
            number - LINK: next(entry for entries in registry.dispatch(number) or () for entry in entries)
            for number in registry.transports
            if number >= LINK
        }
        self.links = frozenset(self._entries)
        self._transports = {number - LINK: name for number, name in registry.transports.items()}
        self._begun: dict[int, tuple[Flow, Any]] = {}

    def show(self, kind: int, data: bytes, now: int) -> None:
        """What follows the ethertype ``kind`` in one frame."""
        flow, reading = self._of(kind)
        self._tell(flow, reading, reading.feed(0, data, now))

    def finish(self, now: int) -> None:
        """No frame will come any more."""
        for flow, reading in self._begun.values():
            self._tell(flow, reading, reading.finish(now))

    def _of(self, kind: int) -> tuple[Flow, Any]:
        """The stand-in and the reading of an ethertype."""
        found = self._begun.get(kind)
        if found is None:
            entry = self._entries[kind]
            flow, reading = Flow(), Reading(None, True)
            flow.app, flow.app_confidence = entry.name, CONTENT
            reading.adopt(entry, Context(transport=self._transports[kind]))
            found = self._begun[kind] = (flow, reading)
        return found

    def _tell(self, flow: Flow, reading: Any, seen: Any) -> None:
        for observation in seen:
            self._emit(flow, observation)
        self._tally.faults += reading.faults
        self._tally.broken(reading.defect)
        reading.faults, reading.defect = 0, None

"""Protocols of frames that are not IP (ARP, LLDP): one parser each for a whole run, and no flow.

Who is told of what they saw gets a stand-in for the flow: number 0, without addresses, the protocol's name in
``app``. It is never opened, counted or ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from procwire.dpi.contract import Context
from procwire.dpi.guess import CONTENT
from procwire.dpi.reading import Reading
from procwire.dpi.registry import LINK, Registry
from procwire.model.flow import Flow


class Frames:
    """``links``: the ethertypes that a protocol of the registry reads."""

    def __init__(self, registry: Registry) -> None:
        self._entries = {
            number - LINK: next(entry for entries in registry.dispatch(number) or () for entry in entries)
            for number in registry.transports
            if number >= LINK
        }
        self.links = frozenset(self._entries)
        self._begun: dict[int, tuple[Flow, Reading]] = {}

    def of(self, kind: int) -> tuple[Flow, Any]:
        """The stand-in and the reading of an ethertype."""
        found = self._begun.get(kind)
        if found is None:
            entry = self._entries[kind]
            flow, reading = Flow(), Reading(None, True)
            flow.app, flow.app_confidence = entry.name, CONTENT
            reading.adopt(entry, Context(transport=next(iter(entry.module.TRANSPORTS))))
            found = self._begun[kind] = (flow, reading)
        return found

    def begun(self) -> Iterator[tuple[Flow, Any]]:
        """Those that have seen a frame."""
        return iter(self._begun.values())

"""The interfaces a source has met, each once, so that a frame can name one by a small number.

Refuses to grow without bound: beyond MAX_INTERFACES a frame's interface is "not said", and counted.
"""

from __future__ import annotations

from procwire.capture.source import Interface

MAX_INTERFACES = 4096


class Roster:
    """``entries[0]`` is "not said". Equal interfaces of several files or sections share one entry."""

    def __init__(self) -> None:
        self.entries: list[Interface] = [Interface()]
        self.unkept = 0
        self._known: dict[tuple[object, ...], int] = {}

    def enrol(self, interface: Interface) -> int:
        """The place of this interface, or 0 when the roster is full."""
        key = (
            interface.name,
            interface.link,
            interface.snaplen,
            interface.description,
            interface.filter,
            interface.os,
            interface.resolution,
        )
        place = self._known.get(key)
        if place is not None:
            return place
        if len(self.entries) > MAX_INTERFACES:
            self.unkept += 1
            return 0
        interface.index = len(self.entries)
        self.entries.append(interface)
        self._known[key] = interface.index
        return interface.index

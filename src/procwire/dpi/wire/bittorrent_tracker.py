"""BitTorrent's trackers over UDP: connect, announce, scrape, and their answers (BEP 15)."""

from __future__ import annotations

from typing import Any

from procwire.dpi.wire.bittorrent_peer import client
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending

CONNECT = b"\x00\x00\x04\x17\x27\x10\x19\x80\x00\x00\x00\x00"  # the protocol's number, and the action
ANNOUNCE_BYTES, LEAST = 98, 8
_ACTIONS = ("connect", "announce", "scrape")
_ERROR = 3
_EVENTS = ("", "completed", "started", "stopped")


class Tracker:
    """One client's talk with a tracker; ``asked`` holds what waits for an answer."""

    def __init__(self, side: int, asked: Pending) -> None:
        self.client = side
        self.asked = asked

    def read(self, side: int, data: bytes, now: int) -> dict[str, Any] | None:
        """What a datagram says, as columns; None where it is none of a tracker's."""
        return self._question(side, data, now) if side == self.client else self._answer(data, now)

    def _question(self, side: int, data: bytes, now: int) -> dict[str, Any] | None:
        action = int.from_bytes(data[8:12], "big")
        if len(data) < 16 or action >= len(_ACTIONS) or (action == 1 and len(data) < ANNOUNCE_BYTES):
            return None
        name = _ACTIONS[action]
        told: dict[str, Any] = {"message": f"tracker-{name}"}
        if action:
            told["info_hash"] = data[16:36].hex()
        if action == 1:
            event = int.from_bytes(data[80:84], "big")
            told["client"] = client(data[36:56])
            told["event"] = _EVENTS[event] if event < len(_EVENTS) else str(event)
        self.asked.ask((action, data[12:16]), now, name, side=side, said=f"tracker-{name}")
        return told

    def _answer(self, data: bytes, now: int) -> dict[str, Any] | None:
        action, ident = int.from_bytes(data[:4], "big"), data[4:8]
        if len(data) < LEAST or action > _ERROR:
            return None
        told: dict[str, Any] = {"message": "tracker-error" if action == _ERROR else "tracker-answer"}
        for kind in range(len(_ACTIONS)) if action == _ERROR else (action,):
            latency, name = self.asked.answer((kind, ident), now)
            if name:
                told.update(latency=latency, query=f"tracker-{name}")
                break
        if action == _ERROR:
            told["error"] = shown(data[8:])
        elif action == 1 and len(data) >= 20:
            told["leechers"], told["seeders"] = _numbers(data, 12)
            told["peers"] = (len(data) - 20) // 6
        elif action == 2 and len(data) >= 20:
            told["seeders"], _ = _numbers(data, 8)
            told["leechers"], _ = _numbers(data, 16)
        return told


def _numbers(data: bytes, at: int) -> tuple[int, int]:
    return int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at + 4 : at + 8], "big")

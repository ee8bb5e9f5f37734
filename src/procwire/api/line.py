"""The one line between an engine and its gate, over which the bytes of all faces go.

An engine in its cell can accept nobody and write to no socket that is new. So whoever keeps the door (gate)
carries bytes between faces and a SOCK_SEQPACKET pair that was there before the cell. What goes over it is a
kind, a face's number, and up to CHUNK bytes. Nothing here waits.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable
from typing import Protocol

from procwire.api.messages import MessageError
from procwire.api.offers import Viewer

CHUNK = 1 << 15  # bytes of a face in one packet
MOST_PACKETS = 64  # that are taken at once
COME, HEAR, DRAINED, LEAVE, ORDER = 1, 2, 3, 4, 5  # from the gate
SAY, DROP, BEAT = 16, 17, 18  # from the engine
_HEAD = struct.Struct("<BI")
_VIEWER = struct.Struct("<II?")
_COUNT = struct.Struct("<I")


class Desked(Protocol):
    """Who answers faces (api.desk.Desk)."""

    def come(self, number: int, viewer: Viewer) -> None:
        """A face is there."""

    def hear(self, number: int, data: bytes) -> None:
        """Bytes of a face."""

    def drained(self, number: int, count: int) -> None:
        """So many bytes are with the face now."""

    def leave(self, number: int) -> None:
        """The face is gone."""

    def leave_all(self) -> None:
        """So are all."""


def packet(kind: int, face: int, data: bytes = b"") -> bytes:
    """One packet of the line."""
    return _HEAD.pack(kind, face) + data


def unpack(data: bytes) -> tuple[int, int, bytes]:
    """Kind, face and bytes. Raises MessageError."""
    if not _HEAD.size <= len(data) <= _HEAD.size + CHUNK:
        raise MessageError(f"{len(data)} bytes")
    kind, face = _HEAD.unpack_from(data)
    return kind, face, data[_HEAD.size :]


def viewer_bytes(viewer: Viewer) -> bytes:
    """Who a face is, for COME."""
    return _VIEWER.pack(viewer.uid, viewer.pid, viewer.all)


def viewer_of(data: bytes) -> Viewer:
    """The same, read. Raises MessageError."""
    if len(data) != _VIEWER.size:
        raise MessageError("not a viewer")
    uid, pid, everything = _VIEWER.unpack(data)
    return Viewer(uid=uid, all=everything, pid=pid)


def count_bytes(count: int) -> bytes:
    """How many bytes are with a face, for DRAINED."""
    return _COUNT.pack(count)


class Line:
    """The engine's end: an Outlet of its desk. ``gone``: the gate has ended, and every face with it."""

    def __init__(self, made: socket.socket) -> None:
        made.setblocking(False)
        self._socket = made
        self._rest: deque[bytes] = deque()
        self.gone = False
        self.ordered: Callable[[bytes], None] = lambda _: None

    def fileno(self) -> int:
        """For poll."""
        return self._socket.fileno()

    def give(self, face: int, data: bytes) -> bool:
        """See api.desk.Outlet."""
        self._push()
        if self._rest:
            return False
        for start in range(0, len(data), CHUNK):
            self._rest.append(packet(SAY, face, data[start : start + CHUNK]))
        self._push()
        return True

    def drop(self, face: int) -> None:
        """See api.desk.Outlet."""
        self._rest.append(packet(DROP, face))
        self._push()

    def beat(self, data: bytes) -> None:
        """Say that this engine is at work, and how it is; let go where the line is full."""
        if not self._rest:
            self._rest.append(packet(BEAT, 0, data))
            self._push()

    def take(self, desk: Desked) -> None:
        """Hand on to the desk what faces have said."""
        for _ in range(MOST_PACKETS):
            try:
                data = self._socket.recv(CHUNK + _HEAD.size + 1)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._lose(desk)
                return
            with contextlib.suppress(MessageError):
                self._hand_on(desk, *unpack(data))
        self._push()

    def close(self) -> None:
        """Leave."""
        self._socket.close()

    def _hand_on(self, desk: Desked, kind: int, face: int, data: bytes) -> None:
        if kind == HEAR:
            desk.hear(face, data)
        elif kind == DRAINED and len(data) == _COUNT.size:
            desk.drained(face, _COUNT.unpack(data)[0])
        elif kind == COME:
            desk.come(face, viewer_of(data))
        elif kind == LEAVE:
            desk.leave(face)
        elif kind == ORDER:
            self.ordered(data)

    def _push(self) -> None:
        """Send what waits, as far as the line takes it."""
        try:
            while self._rest:
                self._socket.sendmsg([self._rest[0]], [], socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
                self._rest.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._rest.clear()  # nobody is there: ``take`` notices

    def _lose(self, desk: Desked) -> None:
        if not self.gone:
            self.gone = True
            self._rest.clear()
            desk.leave_all()

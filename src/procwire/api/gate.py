"""The door: accepts faces on a unix socket, says who they are, and carries bytes between them and an engine.

It reads nothing of what it carries. Who a face is, the kernel says (SO_PEERCRED and SO_PEERGROUPS, unix(7)).
A face that does not read is held no more than MAX_HELD bytes: one that an engine overfills is let go.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import stat
import struct
from collections import deque
from collections.abc import Callable

from procwire.api.line import (
    BEAT,
    CHUNK,
    COME,
    DRAINED,
    DROP,
    HEAR,
    LEAVE,
    ORDER,
    SAY,
    count_bytes,
    packet,
    unpack,
    viewer_bytes,
)
from procwire.api.messages import MAX_REPLY, MessageError
from procwire.api.offers import Viewer

MAX_SOCKETS = 40  # faces at once; an engine takes fewer, and tells the others so
MAX_HELD = 2 * MAX_REPLY  # bytes that one face has not taken; an honest engine stays below
MOST_PACKETS = 64  # that are taken of the engine at once
_PEER_GROUPS = 59  # SO_PEERGROUPS, Linux 4.13
_MOST_GROUPS = 65_536  # NGROUPS_MAX
_CREDENTIALS = struct.Struct("3i")


class _Guest:
    """A face's socket."""

    def __init__(self, made: socket.socket) -> None:
        self.socket = made
        self.out = bytearray()
        self.held = b""  # read of it, and not taken by the engine yet
        self.leaving = False  # it goes once ``out`` is empty


class Gate:
    """``listening`` is a unix socket that listens; ``group``: whose members see everything, -1 for none.

    ``attach`` an engine's line; without one nobody is let in. ``poll`` does everything.
    """

    def __init__(self, listening: socket.socket, *, group: int = -1) -> None:
        listening.setblocking(False)
        self._listening = listening
        self._group = group
        self._line: socket.socket | None = None
        self._guests: dict[int, _Guest] = {}
        self._number = 0
        self._rest: deque[bytes] = deque()  # for the engine
        self.turned_away = 0
        self.beaten: Callable[[bytes], None] = lambda _: None

    def attach(self, line: socket.socket) -> None:
        """An engine is there."""
        line.setblocking(False)
        self._line = line

    def detach(self) -> None:
        """It is not there any more: every face is let go, and may come again."""
        if self._line is not None:
            self._line.close()
        self._line = None
        self._rest.clear()
        for number in list(self._guests):
            self._close(number)

    def order(self, data: bytes) -> None:
        """Tell the engine something, CHUNK bytes at most."""
        if self._line is not None:
            self._tell(packet(ORDER, 0, data[:CHUNK]))

    def leave_to_others(self) -> None:
        """In a fork: the door is not this process's to keep."""
        for made in (self._listening, self._line, *(guest.socket for guest in self._guests.values())):
            if made is not None:
                made.close()

    def close(self) -> None:
        """Nobody comes any more."""
        self.detach()
        self._listening.close()

    @property
    def last(self) -> int:
        """The number of the face that came last."""
        return self._number

    @property
    def guests(self) -> int:
        """Faces now."""
        return len(self._guests)

    def poll(self, timeout: float, also: tuple[int, ...] = ()) -> list[int]:
        """Carry what there is; waits so long for something. Which descriptors of ``also`` spoke."""
        waiting = select.poll()
        for descriptor in also:
            waiting.register(descriptor, select.POLLIN)
        places = self._register(waiting)
        ready = waiting.poll(timeout * 1000)
        spoke = []
        for descriptor, what in ready:
            if descriptor in also:
                spoke.append(descriptor)
            elif descriptor == self._listening.fileno():
                self._let_in()
            elif self._line is not None and descriptor == self._line.fileno():
                self._serve_line(what)
            elif descriptor in places:
                self._serve(places[descriptor], what)
        return spoke

    def _register(self, waiting: select.poll) -> dict[int, int]:
        """Whom to wait for, and the faces by descriptor."""
        if self._line is None:
            return {}
        waiting.register(self._line, select.POLLIN | (select.POLLOUT if self._rest else 0))
        if not self._rest:
            waiting.register(self._listening, select.POLLIN)
        places = {}
        for number, guest in self._guests.items():
            what = select.POLLOUT if guest.out else 0
            if not self._rest and not guest.leaving:
                what |= select.POLLIN  # while the engine is busy, its faces wait
            waiting.register(guest.socket, what)
            places[guest.socket.fileno()] = number
        return places

    def _let_in(self) -> None:
        try:
            made, _ = self._listening.accept()
        except OSError:
            return
        if len(self._guests) >= MAX_SOCKETS:
            self.turned_away += 1
            made.close()
            return
        made.setblocking(False)
        self._number += 1
        self._guests[self._number] = _Guest(made)
        try:
            viewer = who(made, self._group)
        except OSError:
            self._close(self._number)
            return
        self._tell(packet(COME, self._number, viewer_bytes(viewer)))

    def _serve(self, number: int, what: int) -> None:
        guest = self._guests.get(number)
        if guest is None:
            return
        if what & select.POLLOUT:
            self._push(number, guest)
        if what & (select.POLLIN | select.POLLHUP | select.POLLERR) and number in self._guests:
            if guest.leaving:
                if what & (select.POLLHUP | select.POLLERR):
                    self._close(number)
                return
            self._read(number, guest)

    def _read(self, number: int, guest: _Guest) -> None:
        try:
            data = guest.socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._tell(packet(HEAR, number, data))
        else:
            self._tell(packet(LEAVE, number))
            self._close(number)

    def _push(self, number: int, guest: _Guest) -> None:
        """Give a face what it takes, and tell the engine how much that was."""
        try:
            count = guest.socket.send(guest.out, socket.MSG_NOSIGNAL)
        except BlockingIOError:
            return
        except OSError:
            self._tell(packet(LEAVE, number))
            self._close(number)
            return
        del guest.out[:count]
        self._tell(packet(DRAINED, number, count_bytes(count)))
        if guest.leaving and not guest.out:
            self._close(number)

    def _serve_line(self, what: int) -> None:
        if what & select.POLLOUT:
            self._flush()
        for _ in range(MOST_PACKETS):
            if self._line is None:
                return
            try:
                data = self._line.recv(CHUNK + 64)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.detach()
                return
            with contextlib.suppress(MessageError):
                self._hand_on(*unpack(data))

    def _hand_on(self, kind: int, number: int, data: bytes) -> None:
        if kind == BEAT:
            self.beaten(data)
            return
        guest = self._guests.get(number)
        if guest is None:
            return
        if kind == SAY:
            guest.out += data
            if len(guest.out) > MAX_HELD:
                self._tell(packet(LEAVE, number))
                self._close(number)
                return
        elif kind == DROP:
            guest.leaving = True
            if not guest.out:
                self._close(number)
                return
        self._push(number, guest)

    def _tell(self, data: bytes) -> None:
        self._rest.append(data)
        self._flush()

    def _flush(self) -> None:
        try:
            while self._rest and self._line is not None:
                self._line.send(self._rest[0], socket.MSG_NOSIGNAL)
                self._rest.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._rest.clear()  # ``poll`` notices that nobody is there

    def _close(self, number: int) -> None:
        self._guests.pop(number).socket.close()


def who(made: socket.socket, group: int) -> Viewer:
    """The user at the other end, and whether it sees everything. Raises OSError."""
    raw = made.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, gid = _CREDENTIALS.unpack(raw)
    everything = uid in (0, os.geteuid()) or (group >= 0 and (gid == group or group in _groups(made)))
    return Viewer(uid=uid & 0xFFFFFFFF, all=everything, pid=max(0, pid))


def _groups(made: socket.socket) -> tuple[int, ...]:
    """Its further groups; none where the kernel does not tell."""
    try:
        raw = made.getsockopt(socket.SOL_SOCKET, _PEER_GROUPS, 4096)
    except OSError:
        return ()
    return struct.unpack(f"{len(raw) // 4}I", raw)


def listen(path: str, *, mode: int = 0o600, group: int = -1) -> socket.socket:
    """A unix socket that listens at a path; one that nobody listens at any more is replaced.

    Raises OSError: EADDRINUSE where somebody does.
    """
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _clear(path)
        before = os.umask(0o177)
        try:
            made.bind(path)
        finally:
            os.umask(before)
        if group >= 0:
            os.chown(path, -1, group)
        os.chmod(path, mode)  # noqa: PTH101 - a socket, not a file of ours alone
        made.listen(MAX_SOCKETS)
    except OSError:
        made.close()
        raise
    return made


def _clear(path: str) -> None:
    """Take away a socket that nobody listens at. Raises OSError where somebody does, or it is no socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.setblocking(False)
        try:
            asking.connect(path)
        except FileNotFoundError:
            return
        except ConnectionRefusedError:
            if not _is_socket(path):
                raise OSError(17, "there is a file that is no socket", path) from None
            os.unlink(path)  # noqa: PTH108
            return
        except BlockingIOError:
            pass  # its queue is full: somebody is there
    raise OSError(98, "a daemon listens there already", path)


def _is_socket(path: str) -> bool:
    return stat.S_ISSOCK(os.lstat(path).st_mode)

"""Two TCP connections that are one: what comes from either goes to the other, each direction for itself.

An end of one direction (FIN) is handed on as one, so a half-closed connection stays half open; a reset of
either is a reset of both. Each direction holds one piece at a time, and reads no more until that is gone:
who sends is slowed by who receives, as on one connection.
"""

from __future__ import annotations

import select
import socket
import struct

PIECE = 65536
_READ = select.EPOLLIN | select.EPOLLRDHUP
_FAULT = select.EPOLLERR | select.EPOLLHUP  # these are told whether one waits for them or not
_AT_ONCE = struct.pack("ii", 1, 0)  # linger: no time


class _Way:
    """One direction."""

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source = source
        self.sink = sink
        self.held = b""
        self.is_ended = False  # the source says no more
        self.is_closed = False  # and the sink was told so

    @property
    def is_reading(self) -> bool:
        return not self.held and not self.is_ended

    def move(self) -> None:
        """What can be moved now. Raises OSError but for what would block."""
        if self.is_reading:
            try:
                self.held = self.source.recv(PIECE)
            except BlockingIOError:
                return
            self.is_ended = not self.held
        if self.held:
            try:
                self.held = self.held[self.sink.send(self.held) :]
            except BlockingIOError:
                return
        if self.is_ended and not self.is_closed:
            self.is_closed = True
            self.sink.shutdown(socket.SHUT_WR)


class Stream:
    """``inner`` is the connection with the command, ``outer`` the one with whom it talks to."""

    def __init__(self, inner: socket.socket, outer: socket.socket) -> None:
        self.inner = inner
        self.outer = outer
        self._out = _Way(inner, outer)
        self._in = _Way(outer, inner)
        self._quiet: set[socket.socket] = set()  # ends that are closed both ways, which epoll repeats
        for each in (inner, outer):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @property
    def is_sent(self) -> bool:
        """Whether all that the command will ever send is on its way."""
        return self._out.is_closed

    def serve(self, end: socket.socket, happened: int) -> bool:
        """Move what can be moved; whether the stream goes on."""
        from_it, into_it = self._ways(end)
        is_cut = bool(happened & _FAULT) and not from_it.is_reading  # else reading says what it is
        if is_cut and not into_it.is_closed:
            self.abort()
            return False
        if is_cut:
            self._quiet.add(end)
        try:
            self._out.move()
            self._in.move()
        except OSError:
            self.abort()
            return False
        if self._out.is_closed and self._in.is_closed:
            self.close()
            return False
        return True

    def events(self, end: socket.socket) -> int:
        """What to wait for at an end, once; 0 for nothing."""
        from_it, into_it = self._ways(end)
        wanted = (_READ if from_it.is_reading else 0) | (select.EPOLLOUT if into_it.held else 0)
        if not wanted and end in self._quiet:
            return 0
        return wanted | _FAULT | select.EPOLLONESHOT

    def abort(self) -> None:
        """Reset both."""
        for each in (self.inner, self.outer):
            discard(each)

    def close(self) -> None:
        """Let go of both."""
        self.inner.close()
        self.outer.close()

    def _ways(self, end: socket.socket) -> tuple[_Way, _Way]:
        """From an end, and into it."""
        return (self._out, self._in) if end is self.inner else (self._in, self._out)


def discard(connection: socket.socket) -> None:
    """Close with a reset."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    except OSError:  # it was closed already
        return
    connection.close()

"""The line between whoever holds the outbox and the courier: one message a packet, work out, answers back."""

from __future__ import annotations

import socket
from typing import TypeVar

import msgspec

from procwire.model.sink import Done, Work

MAX_BYTES = 160_000  # of one message; a socket's memory holds so much
_encode = msgspec.msgpack.Encoder().encode
_WORK, _DONE = msgspec.msgpack.Decoder(Work), msgspec.msgpack.Decoder(Done)
Message = TypeVar("Message", Work, Done)


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def give(end: socket.socket, message: Work | Done, *, wait: bool = True) -> bool:
    """False where it does not fit now. Raises OSError where nobody is there any more."""
    data = _encode(message)
    if len(data) > MAX_BYTES:
        return False
    try:
        end.send(data, socket.MSG_NOSIGNAL | (0 if wait else socket.MSG_DONTWAIT))
    except (BlockingIOError, TimeoutError):
        return False
    return True


def take_work(end: socket.socket) -> Work | None:
    """The next work; None where nobody will give any. Raises OSError."""
    return _taken(end, _WORK, 0)


def take_done(end: socket.socket) -> Done | None:
    """The next answer, without waiting; None at the end. Raises BlockingIOError, OSError."""
    return _taken(end, _DONE, socket.MSG_DONTWAIT)


def _taken(end: socket.socket, decoder: msgspec.msgpack.Decoder[Message], flags: int) -> Message | None:
    data = end.recv(MAX_BYTES + 1, flags)
    if not data:
        return None
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as error:
        raise OSError(0, f"not understood: {error}") from None

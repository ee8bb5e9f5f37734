"""What one flow says from now on, heard by a process of its own beside the terminal.

It looks at packets itself, as ``procwire follow`` does, so that nothing of a conversation is kept before
somebody wants to see it; it ends when nobody has asked for it for a while, or when the flow is over.
"""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

import msgspec

from procwire.cli.follow import UntilEnded
from procwire.cli.forking import Fork
from procwire.cli.relay import said_of
from procwire.engine.api import Piece, Tap, Watching, WatchOptions
from procwire.sandbox.plan import OFF
from procwire.tui.aside import LENGTH_BYTES, send
from procwire.tui.host import HostError, Said

MAX_HEARD_BYTES = 1 << 20  # of one conversation; what is said beyond is counted
MAX_HEARD = 4  # conversations at once; the one asked for longest ago makes room
FORGOTTEN_SECONDS = 15.0
READ_BYTES = 1 << 18
SINCE = (
    "heard from here on; all that was said before a recorder alone has kept (8: F freezes it, enter opens it)"
)


class Heard:
    """One conversation and the process that hears it."""

    def __init__(self, fork: Fork) -> None:
        self.fork = fork
        self.said: list[Said] = []
        self.asked = 0.0
        self.over = False
        self._rest = b""
        fork.made.setblocking(False)

    def take(self) -> tuple[Said, ...]:
        """All that was said so far; waits for nothing."""
        while not self.over:
            try:
                part = os.read(self.fork.made.fileno(), READ_BYTES)
            except BlockingIOError:
                break
            self.over = not part
            self._rest += part
            self._split()
        return tuple(self.said)

    def _split(self) -> None:
        while len(self._rest) >= LENGTH_BYTES:
            end = LENGTH_BYTES + int.from_bytes(self._rest[:LENGTH_BYTES], "little")
            if len(self._rest) < end:
                return
            self.said += msgspec.msgpack.decode(self._rest[LENGTH_BYTES:end], type=tuple[Said, ...])
            self._rest = self._rest[end:]


class Hearing:
    """Conversations by the Community ID of their flow. ``mine``: sockets that no process may keep."""

    def __init__(
        self, interfaces: tuple[str, ...] = (), keylog: str = "", *mine: socket.socket,
        clock: Callable[[], float] = time.monotonic, sandbox: str = OFF,
    ) -> None:  # fmt: skip
        self._options = WatchOptions(
            source="tap", interfaces=interfaces, owners=False, keylog=keylog, sandbox=sandbox
        )
        self._mine = mine
        self._clock = clock
        self._heard: dict[str, Heard] = {}

    def conversation(self, name: str) -> tuple[Said, ...]:
        """What was said since this was asked for the first time. Raises HostError."""
        found = self._heard.get(name)
        if found is None:
            self.tidy(keep=MAX_HEARD - 1)
            others = [each.fork.made for each in self._heard.values()]
            fork = Fork(lambda made: _hear(made, self._options, name), *self._mine, *others, mortal=True)
            found = self._heard[name] = Heard(fork)
        found.asked = self._clock()
        said = found.take()
        if found.over and not found.fork.end():
            return (*said, Said(side="out", data=b"", note="the flow is over"))
        if found.over:
            words = found.fork.said().strip().splitlines()
            raise HostError(
                words[-1].removeprefix("procwire: ") if words else "nobody hears", "sudo procwire top"
            )
        return said

    def tidy(self, *, keep: int = MAX_HEARD) -> None:
        """End those that nobody asks for any more."""
        now = self._clock()
        by_age = sorted(self._heard, key=lambda name: self._heard[name].asked, reverse=True)
        for place, name in enumerate(by_age):
            if place >= keep or now - self._heard[name].asked > FORGOTTEN_SECONDS:
                self._heard.pop(name).fork.end(signalled=True)

    def close(self) -> None:
        """End all of them."""
        self.tidy(keep=0)


class Teller:
    """Sends pieces on; beyond the bound only how much they were."""

    def __init__(self, made: socket.socket) -> None:
        self._made = made
        self._sent = 0
        self._told = False

    def hear(self, _flow: Any, pieces: list[Piece]) -> None:
        """See decrypt.tap.Hear."""
        fitting = []
        for piece in pieces:
            if self._sent < MAX_HEARD_BYTES:
                fitting.append(said_of(piece))
            self._sent += len(piece.data)
        if self._sent >= MAX_HEARD_BYTES and not self._told:
            self._told = True
            fitting.append(
                Said(side="out", data=b"", note=f"more than {MAX_HEARD_BYTES:,} bytes: the rest is not kept")
            )
        if fitting:
            send(self._made, fitting)


class _UntilUnheard(UntilEnded):
    """The same, and when the other side is gone: no signal says so to who is another user by then."""

    def __init__(self, made: socket.socket) -> None:
        super().__init__()
        self._made = made

    def ticked(self, now: int) -> None:  # noqa: ARG002
        """See listening.Audience."""
        if self.watching is not None and select.select([self._made], (), (), 0)[0]:
            self.watching.stop()


def _hear(made: socket.socket, options: WatchOptions, name: str) -> int:
    face, teller = _UntilUnheard(made), Teller(made)

    def tapped(keys: Any, inner: Any) -> Tap:
        face.tap = Tap(inner, name, keys, teller.hear, readable=True)
        return face.tap

    watching = face.watching = Watching(options, face, tap=tapped)
    send(made, [Said(side="out", data=b"", time=time.time_ns(), note=SINCE)])
    watching.run()
    return 0

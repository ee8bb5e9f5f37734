"""Commands that wait for their replies, in order: the bookkeeping of the line protocols. Bounded."""

from __future__ import annotations

from collections import deque

import msgspec

MAX_PENDING = 256  # commands without a reply so far; the oldest is forgotten
HIDDEN = "***"


class Command(msgspec.Struct, gc=False):
    """What the client asked, secrets masked."""

    name: str
    argument: str
    at: int
    secret: bool = False


class Exchanges:
    """Push commands, take the one that a reply answers."""

    __slots__ = ("_drift", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[Command] = deque()
        self._drift = False

    def ask(self, command: Command) -> None:
        """A command was sent."""
        if len(self._waiting) >= MAX_PENDING:
            self._waiting.popleft()
            self._drift = True
        self._waiting.append(command)

    def answered(self) -> Command | None:
        """The command that the next reply answers; None where it is not known."""
        if not self._waiting:
            return None
        command = self._waiting.popleft()
        if self._drift:
            self._drift = bool(self._waiting)
            return None
        return command

    def front(self) -> Command | None:
        """The command that will be answered next."""
        return self._waiting[0] if self._waiting else None

    def lost(self) -> None:
        """Commands or replies were missed: which answers which is not known until all are answered."""
        self._drift = bool(self._waiting)

    def left(self) -> list[Command]:
        """Commands that no reply was seen to."""
        left = list(self._waiting)
        self._waiting.clear()
        return left

"""The parser of described protocols: the first message of each side, and the fields in it.

A message is a datagram; of a stream, what a side says until the other speaks, at most MAX_MESSAGE bytes.
Refuses to look further: a described protocol tells its start, not its course.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from procwire.dpi.contract import ENOUGH, Context, Direction
from procwire.dpi.user.schema import MAX_MESSAGE, Field
from procwire.dpi.wire.text import plain, terminated
from procwire.model.observation import Observation

_SPEAKER = {Direction.OUT: "client", Direction.IN: "server"}


class Plan:
    """What is wanted of each side: its fields, and how many bytes they need (0: the side says nothing)."""

    def __init__(self, record: type[Observation], fields: tuple[Field, ...], *, every: bool = False) -> None:
        self.record = record
        self.every = every and bool(fields)
        self.fields = {
            side: tuple(field for field in fields if field.side in (speaker, "any"))
            for side, speaker in _SPEAKER.items()
        }
        self.needs = {side: max(map(_need, found), default=0) for side, found in self.fields.items()}
        if not fields:
            self.needs = dict.fromkeys(_SPEAKER, 1)  # that it was there is all that is told


def _need(field: Field) -> int:
    return MAX_MESSAGE if field.regex is not None else field.at + field.size


class Reader:
    """See contract.Parser. Holds MAX_MESSAGE bytes a side at most."""

    plan: Plan  # set by the class that is made for a protocol

    def __init__(self, context: Context) -> None:
        self._whole = context.transport != "tcp"
        wanted = context.told
        self._wanted = {side: wanted and need > 0 for side, need in self.plan.needs.items()}
        self._open = dict(self._wanted)
        self._held = dict.fromkeys(_SPEAKER, b"")
        self._times = dict.fromkeys(_SPEAKER, 0)

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        side = Direction(side)
        yield from self._turned(Direction(1 - side))
        if not self._open[side] or not data:
            return
        need = MAX_MESSAGE if self._whole else self.plan.needs[side]
        room = need - len(self._held[side])
        self._held[side] += data[:room]
        self._times[side] = now
        if self._whole:
            yield from self._turned(side)
        elif len(self._held[side]) >= need:
            yield from self._ended(side)

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser: the message ends where bytes are missing."""
        seen = list(self._ended(Direction(side)))
        self._open[side] = False
        return seen

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """A side that has told is still heard: that it speaks ends the other's message."""
        wanted = self._wanted if self.plan.every else self._open
        return 0 if any(wanted.values()) else ENOUGH

    def finish(self, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """What was held of messages that nothing ended."""
        for side in _SPEAKER:
            yield from self._ended(side)

    def _turned(self, side: Direction) -> Iterator[Observation]:
        """A side's message is over, and what it says next is another one."""
        yield from self._ended(side)
        if self.plan.every:
            self._open[side] = self._wanted[side]

    def _ended(self, side: Direction) -> Iterator[Observation]:
        held = self._held[side]
        if not self._open[side] or not held:
            return
        self._open[side] = False
        self._held[side] = b""
        if not self.plan.fields[side]:
            self._open = dict.fromkeys(_SPEAKER, False)
        values = {field.name: _value(field, held) for field in self.plan.fields[side]}
        if self.plan.every and not any(value not in {"", None} for value in values.values()):
            return  # a message that has none of it
        yield self.plan.record(time=self._times[side], side=side, **values)


def _value(field: Field, message: bytes) -> Any:
    found = _found(field, message)
    if field.type == "uint":
        return int.from_bytes(found, "little" if field.little else "big") if found else None
    if field.type == "hex":
        return found.hex()
    return plain(found) if field.regex is not None else terminated(found)


def _found(field: Field, message: bytes) -> bytes:
    if field.regex is None:
        found = message[field.at : field.at + field.size]
        return found if field.type == "text" or len(found) == field.size else b""
    match = field.regex.search(message)
    return b"" if match is None else _group(field, match)


def _group(field: Field, match: re.Match[bytes]) -> bytes:
    if field.name in match.re.groupindex:
        return match[field.name] or b""
    return match[1 if match.re.groups else 0] or b""

# cython: language_level=3
"""A flow with its key in the kernel's maps, and what each of its accounts said last.

Flows are many, so this is packed: numbers that fit have 32 bits, and what is nought throughout is left out.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import cython

from procwire.bpf.accounts import UNDECIDED

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow

NOTHING: tuple[int, ...] = (0,) * 8
_HEALTHY: tuple[int, ...] = (0,) * 10
_HEAD = struct.Struct(
    "=QQIBB"
)  # a cookie, when its account began, Account.opening, the socket's end, the form
_NARROW, _WIDE, _HEALTH = struct.Struct("=8I"), struct.Struct("=8Q"), struct.Struct("=10I")
_COOKIE = struct.Struct("=Q")
_IS_WIDE, _IS_JUDGED, _IS_ILL, _IS_GROUP = 1, 2, 4, 8  # forms
_NARROW_MOST = 0xFFFFFFFF
_MOST_PLACES = 255  # of accounts, from 1, that are told by a byte


class Part(NamedTuple):
    """What one account said: a tally with bytes as on the wire, and how TCP fared where it was looked at."""

    cookie: int
    first: int  # when the account began
    end: int  # the socket's own end
    opening: int
    tally: tuple[int, ...]
    health: tuple[int, ...] | None
    group: bool = False  # what it has others have, too: Account.group


def _numbers(tally: Sequence[int]) -> bytes:
    return (_WIDE if max(tally) > _NARROW_MOST else _NARROW).pack(*tally)


def _turned(numbers: Sequence[int], side: int) -> Sequence[int]:
    """By the key's sides what is by the flow's, and the other way round."""
    return [numbers[place ^ 1] for place in range(8)] if side else numbers


def _packed(part: Part) -> bytes:
    ill = part.health is not None and any(part.health)
    tally = _numbers(part.tally)
    form = _IS_WIDE * (len(tally) == _WIDE.size) | _IS_JUDGED * (part.health is not None) | _IS_ILL * ill
    form |= _IS_GROUP * part.group
    head = _HEAD.pack(part.cookie, part.first, part.opening, part.end, form)
    return head + tally + _HEALTH.pack(*part.health) if ill and part.health else head + tally


def _size_of(form: int) -> int:
    size = _HEAD.size + (_WIDE.size if form & _IS_WIDE else _NARROW.size)
    return size + _HEALTH.size if form & _IS_ILL else size


@cython.no_gc
@cython.cclass
class Bound:
    """``side``: which side of the key the flow's src is; ``first`` and ``last`` are monotonic time, ns.

    ``elsewhere``: packets that the tap saw again on another interface. What is in the flow is mostly what one
    of its accounts says: then that one's place is kept (from 1, ``_as``), not the numbers once more.
    """

    flow: Flow
    ends: bytes
    side: cython.uchar
    first: cython.longlong
    last: cython.longlong
    missed: cython.longlong
    elsewhere: cython.longlong
    _parts: bytes
    _applied: bytes
    _strangers: bytes
    _as: cython.uchar
    _mode_a: cython.uchar
    _mode_b: cython.uchar
    _until_a: cython.uint
    _until_b: cython.uint

    def __init__(self, flow: Flow, ends: bytes, side: int, first: int) -> None:
        self.flow = flow
        self.ends = ends
        self.side = side
        self.first = first
        self.last = self.missed = self.elsewhere = 0
        self._parts = self._applied = self._strangers = b""
        self._as = 0
        self._mode_a = self._mode_b = UNDECIDED
        self._until_a = self._until_b = 0

    def told(self) -> list[Part]:
        """What each account said last; that which was heard last is last."""
        found = []
        at = 0
        while at < len(self._parts):
            cookie, first, opening, end, form = _HEAD.unpack_from(self._parts, at)
            numbers = _WIDE if form & _IS_WIDE else _NARROW
            tally = numbers.unpack_from(self._parts, at + _HEAD.size)
            health = _HEALTHY if form & _IS_JUDGED else None
            if form & _IS_ILL:
                health = _HEALTH.unpack_from(self._parts, at + _HEAD.size + numbers.size)
            found.append(Part(cookie, first, end, opening, tally, health, bool(form & _IS_GROUP)))
            at += _size_of(form)
        return found

    def note(self, part: Part) -> None:
        """What an account says now, instead of what it said before."""
        self._keep()
        self._parts = self._without(part.cookie, part.first) + _packed(part)

    def drop(self, part: Part) -> bool:
        """The account is another flow's; whether it was this one's until now."""
        self._keep()
        before = len(self._parts)
        self._parts = self._without(part.cookie, part.first)
        return len(self._parts) < before

    @cython.cfunc
    def _without(self, cookie: cython.ulonglong, first: cython.ulonglong) -> bytes:
        at: int = 0
        while at < len(self._parts):
            one, began, _, _, form = _HEAD.unpack_from(self._parts, at)
            size = _size_of(form)
            if one == cookie and began == first:
                return self._parts[:at] + self._parts[at + size :]
            at += size
        return self._parts

    @property
    def applied(self) -> tuple[int, ...]:
        """The sum of it all that is in the flow."""
        found = self._numbers_of(self._as) if self._as else self._applied
        if not found:
            return NOTHING
        return tuple(_turned((_WIDE if len(found) == _WIDE.size else _NARROW).unpack(found), self.side))

    def apply(self, total: Sequence[int]) -> tuple[int, ...]:
        """The sum of it all goes into the flow: returns what it is more than at the last time."""
        before = self.applied
        told = _numbers(_turned(total, self.side))
        self._as = self._place_of(told)
        self._applied = b"" if self._as else told
        return tuple([new - old for new, old in zip(total, before, strict=True)])

    @cython.cfunc
    def _keep(self) -> cython.void:
        """The accounts change: what is in the flow is kept by itself."""
        if self._as:
            self._applied = self._numbers_of(self._as)
            self._as = 0

    @cython.cfunc
    def _place_of(self, told: bytes) -> cython.uchar:
        """The account that says just these numbers; 0 where there is none."""
        at: int = 0
        place: int = 1
        while at < len(self._parts) and place <= _MOST_PLACES:
            form = self._parts[at + _HEAD.size - 1]
            start: int = at + _HEAD.size
            size: int = _WIDE.size if form & _IS_WIDE else _NARROW.size
            if size == len(told) and self._parts[start : start + size] == told:
                return place
            at += _size_of(form)
            place += 1
        return 0

    @cython.cfunc
    def _numbers_of(self, place: cython.uchar) -> bytes:
        """The numbers of the account at a place, as they are packed."""
        at: int = 0
        left: int = place
        while left > 1:
            at += _size_of(self._parts[at + _HEAD.size - 1])
            left -= 1
        size: int = _WIDE.size if self._parts[at + _HEAD.size - 1] & _IS_WIDE else _NARROW.size
        return self._parts[at + _HEAD.size : at + _HEAD.size + size]

    @property
    def strangers(self) -> list[int]:
        """Cookies of sockets of other namespaces that have the same ends."""
        return [cookie for (cookie,) in _COOKIE.iter_unpack(self._strangers)]

    def meet(self, cookie: int) -> None:
        """A socket of another namespace: counted where it is seen here."""
        if cookie not in self.strangers:
            self._strangers += _COOKIE.pack(cookie)

    @property
    def modes(self) -> tuple[int, int]:
        """The verdicts on both sides of the key, as they were said last."""
        return self._mode_a, self._mode_b

    @property
    def until(self) -> tuple[int, int]:
        """The sequence numbers that go with them."""
        return self._until_a, self._until_b

    def decide(self, place: int, mode: int, until: int) -> bool:
        """A verdict on one side; False where it is the one that holds."""
        if place == 0:
            same = mode == self._mode_a and until == self._until_a
            self._mode_a, self._until_a = mode, until
        else:
            same = mode == self._mode_b and until == self._until_b
            self._mode_b, self._until_b = mode, until
        return not same

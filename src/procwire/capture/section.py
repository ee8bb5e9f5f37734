# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The state of a pcapng section (draft-ietf-opsawg-pcapng): byte order, interfaces, their clocks and drops.

Refuses to walk blocks: ``capture.pcapng`` does, and hands each one here that is not a packet.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.capture import blocks
from procwire.capture.roster import Roster

MAX_INTERFACES = 65_536  # in one section

_MAX_TIME: cython.longlong = blocks.MAX_TIME


@cython.cclass
class Port:
    """An interface of the present section: what a packet block needs of it."""

    link: cython.int
    place: cython.int
    snaplen: cython.longlong
    multiply: cython.ulonglong
    most: cython.ulonglong  # the last stamp whose product with ``multiply`` is in bounds
    divide: cython.ulonglong
    shift: cython.int
    offset: cython.longlong

    def __init__(self, link: int, place: int, snaplen: int, clock: blocks.Clock) -> None:
        self.link = link
        self.place = place
        self.snaplen = snaplen
        self.multiply = clock.multiply
        self.most = blocks.MAX_TIME // clock.multiply if clock.multiply else 0
        self.divide = clock.divide
        self.shift = clock.shift
        self.offset = clock.offset


@cython.cclass
class Section:
    """The present section, and what was learned in all sections so far.

    big         whether its numbers have the high byte first
    ports       its interfaces, in the order of their description
    lost        frames lost by the packets' own counts
    odd_times   times that were out of range
    lore        names, secrets and comments
    """

    big: cython.bint
    ports: list[Port]
    lost: cython.longlong
    odd_times: cython.longlong
    lore: Any
    _roster: Any
    _stated_before: Any  # a file may state any number of 64 bits, again and again
    _stated: dict[int, int]

    def __init__(self, roster: Roster) -> None:
        self.big = False
        self.ports = []
        self.lost = self.odd_times = self._stated_before = 0
        self.lore = blocks.Lore()
        self._roster = roster
        self._stated = {}

    @property
    def dropped(self) -> int:
        """Frames lost, by the statistics blocks or by the packets' own counts, whichever is more."""
        return max(self._stated_before + sum(self._stated.values()), self.lost)

    def start(self, block: bytes) -> str:
        """A section starts with this block: its byte order, and no interfaces yet; returns a fault or "".

        The section's length is not needed, nor trusted.
        """
        order: blocks.Order = "big" if block[8] == 0x1A else "little"
        if len(block) < 28:
            return "section header is too short"
        major = int.from_bytes(block[12:14], order)
        if major != 1:
            return f"pcapng version {major}.{int.from_bytes(block[14:16], order)} is not known"
        self.big = order == "big"
        self.ports = []
        self._stated_before += sum(self._stated.values())
        self._stated = {}
        self._remark(block[: len(block) - 4], 24, order)
        return ""

    def learn(self, kind: int, body: bytes) -> str:
        """Take in a block that is neither a section nor a packet; returns a fault or "".

        ``body`` is without the block's type and lengths.
        """
        order: blocks.Order = "big" if self.big else "little"
        if kind == blocks.INTERFACE:
            return self._describe(body, order)
        if kind == blocks.NAMES:
            for address, name in blocks.names(body, order):
                self.lore.name(address, name)
            self._remark(body, blocks.end_of_names(body, order), order)
        elif kind == blocks.STATISTICS:
            number, dropped = blocks.drops(body, order)
            if dropped is not None and number < len(self.ports):
                self._stated[number] = dropped
            self._remark(body, 12, order)
        elif len(body) >= 8:
            kind_of_secret = int.from_bytes(body[:4], order)
            size = int.from_bytes(body[4:8], order)
            self.lore.secret(kind_of_secret, body[8 : 8 + size])
        return ""

    def _describe(self, body: bytes, order: blocks.Order) -> str:
        if len(body) < 8:
            return "interface description is too short"
        if len(self.ports) >= MAX_INTERFACES:
            return f"section describes more than {MAX_INTERFACES} interfaces"
        interface, clock = blocks.interface(body, order)
        place = self._roster.enrol(interface)
        self.ports.append(Port(interface.link, place, interface.snaplen, clock))
        self._remark(body, 8, order)
        return ""

    def _remark(self, body: bytes, at: int, order: blocks.Order) -> None:
        """Keep the comments of a block that is no packet."""
        for code, value in blocks.options(body, at, order):
            if code == blocks.COMMENT:
                self.lore.comment(0, value)

    @cython.cfunc
    @cython.exceptval(check=False)
    def time(self, high: cython.ulonglong, low: cython.ulonglong, port: Port) -> cython.longlong:
        """Ns since 1970; what lies outside 0..MAX_TIME is moved to the nearest bound and counted."""
        stamp: cython.ulonglong = (high << 32) | low
        top: cython.ulonglong = _MAX_TIME
        time: cython.ulonglong
        if port.multiply > 0:
            time = stamp * port.multiply if stamp <= port.most else top + 1
        elif port.shift >= 0:
            time = self._binary(stamp, port.shift)
        elif port.divide > 0:
            time = stamp // port.divide
        else:
            time = 0
        if time > top:
            self.odd_times += 1
            return _MAX_TIME
        total: cython.longlong = time
        if port.offset > 0 and total > _MAX_TIME - port.offset:
            self.odd_times += 1
            return _MAX_TIME
        total += port.offset
        if total < 0:
            self.odd_times += 1
            return 0
        return total

    @cython.cfunc
    @cython.exceptval(check=False)
    def _binary(self, stamp: cython.ulonglong, shift: cython.int) -> cython.ulonglong:
        """Units of 2^-shift seconds to ns; above the bound where that does not fit."""
        one: cython.ulonglong = 1
        seconds: cython.ulonglong = stamp >> shift
        part: cython.ulonglong = stamp & ((one << shift) - 1)
        if seconds > 9_000_000_000:
            return cython.cast(cython.ulonglong, _MAX_TIME) + 1
        if shift > 34:  # finer than 2^-34 s is lost, and the product fits
            part >>= shift - 34
            shift = 34
        return seconds * 1_000_000_000 + ((part * 1_000_000_000) >> shift)

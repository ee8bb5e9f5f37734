"""What the clocks of this machine say, and whether somebody keeps them right (adjtimex(2), RFC 5905)."""

from __future__ import annotations

import ctypes
import os
import time

import msgspec

_STATUS = 40  # offset of ``status`` in struct timex on 64-bit machines; ``maxerror`` is 8 after 16
_MAX_ERROR = 24
_TIMEX_BYTES = 208
_UNSYNCHRONISED = 0x40  # STA_UNSYNC


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """One reading. ``synchronised`` is None where that cannot be asked."""

    realtime_ns: int
    boottime_ns: int
    synchronised: bool | None = None
    error_us: int | None = None  # at most, by the kernel's own estimate
    zone: str = ""

    @property
    def offset_ns(self) -> int:
        """When this machine started: a step of the clock moves it."""
        return self.realtime_ns - self.boottime_ns


def read() -> Clocks:
    """Now."""
    synchronised, error = _kept()
    return Clocks(
        realtime_ns=time.time_ns(),
        boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
        synchronised=synchronised,
        error_us=error,
        zone=time.tzname[0],
    )


def stepped_ns(first: Clocks) -> int:
    """How far the clock was set since ``first``; slewing over days counts too."""
    return time.time_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME) - first.offset_ns


def _kept() -> tuple[bool | None, int | None]:
    room = ctypes.create_string_buffer(_TIMEX_BYTES)
    try:
        if os.uname().machine not in ("x86_64", "aarch64", "riscv64"):
            return None, None
        state = ctypes.CDLL(None).adjtimex(room)
    except (OSError, AttributeError):
        return None, None
    if state < 0:
        return None, None
    status = int.from_bytes(room.raw[_STATUS : _STATUS + 4], "little")
    error = int.from_bytes(room.raw[_MAX_ERROR : _MAX_ERROR + 8], "little")
    return not status & _UNSYNCHRONISED, error

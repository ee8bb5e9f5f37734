"""The scheduler's units: ticks of 64 ns, shares in 2^32 parts, rates in bytes a second. Pure.

PSCHED_SHIFT is 6 (include/net/pkt_sched.h), and /proc/net/psched says the same to whoever asks; ``ticks``
were written as bytes or microseconds by more than one peer, 125 times off.
"""

from __future__ import annotations

from procwire.shaping.codec.attributes import packed, unpacked

TICK_NS = 64
WHOLE = 0xFFFFFFFF
RATE_BYTES = 12
CELL_LOG = 3  # as tc writes it; only tables of times need it
ETHERNET = 1  # TC_LINKLAYER_ETHERNET: the kernel then asks for no table of times
_RATE = "=BBHhHI"  # cell_log, linklayer, overhead, cell_align, mpu, rate


def parts(share: float) -> int:
    """A share of 0 to 1 in 2^32 parts; what is above nothing stays above nothing."""
    return max(1, round(share * WHOLE)) if share > 0 else 0


def share(value: int) -> float:
    """Parts as a share of 0 to 1."""
    return value / WHOLE


def ticks(nanoseconds: int) -> int:
    """Ticks, the last one whole; the kernel's fields have 32 bits."""
    return min(WHOLE, -(-nanoseconds // TICK_NS))


def transmission_ns(size: int, rate: int) -> int:
    """How long so many bytes take at so many bytes a second, rounded up."""
    return -(-size * 10**9 // rate)


def rate_spec(rate: int, overhead: int = 0, mpu: int = 0) -> bytes:
    """struct tc_ratespec; a rate beyond 32 bits stands in an attribute of its own as well."""
    return packed(_RATE, CELL_LOG, ETHERNET, overhead, -1, mpu, min(rate, WHOLE))


def rate_of(spec: bytes) -> tuple[int, int]:
    """Rate and overhead of a struct tc_ratespec."""
    values = unpacked(_RATE, spec)
    return values[5], values[2]

"""TBF's options: a token bucket that empties at a rate (net/sched/sch_tbf.c, Linux 6.18). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from procwire.shaping.codec.attributes import (
    CodecError,
    attribute,
    attributes,
    number,
    one,
    packed,
    unpacked,
    wide,
)
from procwire.shaping.codec.units import RATE_BYTES, TICK_NS, rate_of, rate_spec, ticks, transmission_ns

KIND = "tbf"
_PARMS, _RATE64, _PEAK64, _BURST, _PEAK_BURST = 1, 4, 5, 6, 7
_LEAST = {_PARMS: 36, _RATE64: 8, _PEAK64: 8, _BURST: 4, _PEAK_BURST: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tbf:
    """Rates in bytes a second, ``burst``, ``peak_burst`` and ``limit`` in bytes; ``limit`` is the queue's."""

    rate: int
    burst: int
    limit: int
    peak: int = 0
    peak_burst: int = 0
    overhead: int = 0


def encode(wanted: Tbf) -> bytes:
    """The whole of TCA_OPTIONS. Raises CodecError."""
    if wanted.rate < 1 or wanted.burst < 1 or (wanted.peak and wanted.peak <= wanted.rate):
        raise CodecError("tbf needs a rate, a burst, and a peak above its rate where it has one")
    buffer = ticks(transmission_ns(wanted.burst, wanted.rate))
    peak_buffer = ticks(transmission_ns(wanted.peak_burst, wanted.peak)) if wanted.peak else 0
    specs = rate_spec(wanted.rate, wanted.overhead) + (
        rate_spec(wanted.peak) if wanted.peak else bytes(RATE_BYTES)
    )
    sent = attribute(_PARMS, specs + packed("=3I", wanted.limit, buffer, peak_buffer))
    sent += number(_BURST, wanted.burst) + wide(_RATE64, wanted.rate)
    return sent + (
        number(_PEAK_BURST, wanted.peak_burst) + wide(_PEAK64, wanted.peak) if wanted.peak else b""
    )


def decode(options: bytes) -> Tbf:
    """What a dump says; a burst comes back from ticks, to the byte or nearly. Raises CodecError."""
    found = attributes(options, least=_LEAST)
    if _PARMS not in found:
        raise CodecError("tbf without its parameters")
    parms = found[_PARMS]
    rate, overhead = rate_of(parms[:RATE_BYTES])
    peak, _ = rate_of(parms[RATE_BYTES : 2 * RATE_BYTES])
    limit, buffer, peak_buffer = unpacked("=3I", parms[2 * RATE_BYTES :])
    rate, peak = one("=Q", found.get(_RATE64), rate), one("=Q", found.get(_PEAK64), peak)
    return Tbf(
        rate=rate,
        burst=one("=I", found.get(_BURST), _size(rate, buffer)),
        limit=limit,
        peak=peak,
        peak_burst=one("=I", found.get(_PEAK_BURST), _size(peak, peak_buffer)),
        overhead=overhead,
    )


def _size(rate: int, buffer: int) -> int:
    return rate * buffer * TICK_NS // 10**9

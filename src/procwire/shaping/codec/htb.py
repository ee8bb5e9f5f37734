"""HTB's options: the qdisc's, and those of its classes (net/sched/sch_htb.c, Linux 6.18). Pure.

A packet that no class takes passes at once (``default`` 0), and so does one that a filter or its priority
gives ``MAJOR:0``: HTB's direct queue is the way for what is not to be shaped.
"""

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

KIND = "htb"
VERSION = 3  # major of HTB_VER
RATE_TO_QUANTUM = 10
LEAST_QUANTUM, MOST_QUANTUM = 1514, 60_000  # between them the kernel says nothing of "quantum is big"
_PARMS, _INIT, _DIRECT, _RATE64, _CEIL64 = 1, 2, 5, 6, 7
_LEAST = {_PARMS: 44, _INIT: 20, _DIRECT: 4, _RATE64: 8, _CEIL64: 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Htb:
    """The qdisc: ``default`` is the minor of the class for what nothing else takes; ``direct_queue`` in
    packets.
    """

    default: int = 0
    rate_to_quantum: int = RATE_TO_QUANTUM
    direct_queue: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HtbClass:
    """A class: rates in bytes a second, bursts in bytes."""

    rate: int
    ceil: int
    burst: int
    ceil_burst: int
    quantum: int = 0
    priority: int = 0
    overhead: int = 0


def encode(wanted: Htb) -> bytes:
    """The qdisc's TCA_OPTIONS. Raises CodecError."""
    head = attribute(_INIT, packed("=5I", VERSION, wanted.rate_to_quantum, wanted.default, 0, 0))
    return head + (b"" if wanted.direct_queue is None else number(_DIRECT, wanted.direct_queue))


def decode(options: bytes) -> Htb:
    """What a dump says of the qdisc. Raises CodecError."""
    found = attributes(options, least=_LEAST)
    if _INIT not in found:
        raise CodecError("htb without its parameters")
    _, rate_to_quantum, default, _, _ = unpacked("=5I", found[_INIT])
    direct = one("=I", found[_DIRECT]) if _DIRECT in found else None
    return Htb(default=default, rate_to_quantum=rate_to_quantum, direct_queue=direct)


def encode_class(wanted: HtbClass) -> bytes:
    """A class's TCA_OPTIONS. Raises CodecError."""
    if wanted.rate < 1 or wanted.ceil < wanted.rate:
        raise CodecError("a class needs a rate, and a ceiling of at least it")
    quantum = wanted.quantum or min(MOST_QUANTUM, max(LEAST_QUANTUM, wanted.rate // RATE_TO_QUANTUM))
    buffer, ceil_buffer = (
        ticks(transmission_ns(size, rate))
        for size, rate in ((wanted.burst, wanted.rate), (wanted.ceil_burst, wanted.ceil))
    )
    specs = rate_spec(wanted.rate, wanted.overhead) + rate_spec(wanted.ceil, wanted.overhead)
    parms = specs + packed("=5I", buffer, ceil_buffer, quantum, 0, wanted.priority)
    return attribute(_PARMS, parms) + wide(_RATE64, wanted.rate) + wide(_CEIL64, wanted.ceil)


def decode_class(options: bytes) -> HtbClass:
    """What a dump says of a class; bursts come back from ticks, to the byte or nearly. Raises CodecError."""
    found = attributes(options, least=_LEAST)
    if _PARMS not in found:
        raise CodecError("a class without its parameters")
    parms = found[_PARMS]
    rate, overhead = rate_of(parms[:RATE_BYTES])
    ceil, _ = rate_of(parms[RATE_BYTES : 2 * RATE_BYTES])
    buffer, ceil_buffer, quantum, _, priority = unpacked("=5I", parms[2 * RATE_BYTES :])
    rate, ceil = one("=Q", found.get(_RATE64), rate), one("=Q", found.get(_CEIL64), ceil)
    return HtbClass(
        rate=rate,
        ceil=ceil,
        burst=rate * buffer * TICK_NS // 10**9,
        ceil_burst=ceil * ceil_buffer * TICK_NS // 10**9,
        quantum=quantum,
        priority=priority,
        overhead=overhead,
    )

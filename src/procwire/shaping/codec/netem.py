"""netem's options: struct tc_netem_qopt and its fourteen attributes (net/sched/sch_netem.c, Linux 6.18).
Pure.

netem keeps correlation, reordering, corruption, rate, ECN and slots over a change that does not name them.
So ``encode`` names every one, zero or not, and one message makes the object exactly what is said: nothing
has to be deleted first, and no packet passes between two states. A table of a distribution can be replaced
but not taken away: without one, a table of the uniform distribution is sent where ``reset_table`` says that
there was one.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from procwire.shaping.codec.attributes import (
    CodecError,
    attribute,
    attributes,
    nest,
    number,
    one,
    packed,
    unpacked,
    wide,
)
from procwire.shaping.codec.units import TICK_NS, WHOLE, ticks

KIND = "netem"
QOPT_BYTES = 24
MAX_TABLE = 16384  # NETEM_DIST_MAX
MAX_TIME = (1 << 63) - 1
(
    CORR, DIST, REORDER, CORRUPT, LOSS, RATE, ECN, RATE64, PAD, LATENCY64, JITTER64, SLOT, SLOT_DIST, SEED,
) = range(1, 15)  # fmt: skip
_STATES, _GILBERT = 1, 2  # NETEM_LOSS_GI, NETEM_LOSS_GE
_LEAST = {CORR: 12, REORDER: 8, CORRUPT: 8, RATE: 16, ECN: 4, RATE64: 8, LATENCY64: 8, JITTER64: 8, SLOT: 40,
          SEED: 8}  # fmt: skip


@dataclass(frozen=True, slots=True)
class States:
    """The four-state model, in the order of struct tc_netem_gimodel; shares in 2^32 parts."""

    p13: int
    p31: int
    p32: int
    p14: int
    p23: int


@dataclass(frozen=True, slots=True)
class Gilbert:
    """The Gilbert-Elliott model: ``h`` is the share that survives the bad state, ``k1`` what the good one
    loses.
    """

    p: int
    r: int
    h: int
    k1: int


@dataclass(frozen=True, slots=True)
class Slots:
    """struct tc_netem_slot; times in ns."""

    min_delay: int = 0
    max_delay: int = 0
    packets: int = 0
    size: int = 0
    dist_delay: int = 0
    dist_jitter: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Netem:
    """Times in ns, shares in 2^32 parts, rate in bytes a second, limit in packets."""

    latency: int = 0
    jitter: int = 0
    limit: int = 1000
    loss: int = 0
    gap: int = 0
    duplicate: int = 0
    delay_correlation: int = 0
    loss_correlation: int = 0
    duplicate_correlation: int = 0
    reorder: int = 0
    reorder_correlation: int = 0
    corrupt: int = 0
    corrupt_correlation: int = 0
    model: States | Gilbert | None = None
    rate: int = 0
    overhead: int = 0
    cell_size: int = 0
    cell_overhead: int = 0
    ecn: bool = False
    slots: Slots = Slots()
    seed: int | None = None
    table: tuple[int, ...] | None = None
    slot_table: tuple[int, ...] | None = None


def encode(wanted: Netem, *, every: bool = True) -> bytes:
    """The whole of TCA_OPTIONS. Raises CodecError. ``every`` False: only what is not zero, as tc does."""
    for name in ("latency", "jitter"):
        if not 0 <= getattr(wanted, name) <= MAX_TIME:
            raise CodecError(f"netem {name} of {getattr(wanted, name)} ns")
    sent = [
        packed("=6I", 0, wanted.limit, wanted.loss, wanted.gap, wanted.duplicate, 0),
        attribute(LATENCY64, packed("=q", wanted.latency)) if every or wanted.latency else b"",
        attribute(JITTER64, packed("=q", wanted.jitter)) if every or wanted.jitter else b"",
        _pair(CORR, every, wanted.delay_correlation, wanted.loss_correlation, wanted.duplicate_correlation),
        _pair(REORDER, every, wanted.reorder, wanted.reorder_correlation),
        _pair(CORRUPT, every, wanted.corrupt, wanted.corrupt_correlation),
        number(ECN, int(wanted.ecn)) if every or wanted.ecn else b"",
        _model(wanted.model),
        _rate(wanted) if every or wanted.rate else b"",
        _slots(wanted.slots) if every or wanted.slots != Slots() else b"",
        b"" if wanted.seed is None else wide(SEED, wanted.seed),
        _table(DIST, wanted.table),
        _table(SLOT_DIST, wanted.slot_table),
    ]
    return b"".join(sent)


def decode(options: bytes) -> Netem:
    """What a dump, or tc, says. Raises CodecError."""
    latency, limit, loss, gap, duplicate, jitter = unpacked("=6I", options)
    found = attributes(options[QOPT_BYTES:], least=_LEAST)
    corr = unpacked("=3I", found[CORR]) if CORR in found else (0, 0, 0)
    reorder = unpacked("=2I", found[REORDER]) if REORDER in found else (0, 0)
    corrupt = unpacked("=2I", found[CORRUPT]) if CORRUPT in found else (0, 0)
    rate = unpacked("=IiIi", found[RATE]) if RATE in found else (0, 0, 0, 0)
    return Netem(
        latency=one("=q", found.get(LATENCY64), latency * TICK_NS),
        jitter=one("=q", found.get(JITTER64), jitter * TICK_NS),
        limit=limit, loss=loss, gap=gap, duplicate=duplicate,
        delay_correlation=corr[0], loss_correlation=corr[1], duplicate_correlation=corr[2],
        reorder=reorder[0], reorder_correlation=reorder[1],
        corrupt=corrupt[0], corrupt_correlation=corrupt[1],
        model=_read_model(found.get(LOSS)),
        rate=one("=Q", found.get(RATE64), rate[0]),
        overhead=rate[1], cell_size=rate[2], cell_overhead=rate[3],
        ecn=bool(one("=I", found.get(ECN))),
        slots=Slots(*unpacked("=qqiiqq", found[SLOT])) if SLOT in found else Slots(),
        seed=one("=Q", found[SEED]) if SEED in found else None,
        table=_read_table(found.get(DIST)), slot_table=_read_table(found.get(SLOT_DIST)),
    )  # fmt: skip


def old_times(wanted: Netem) -> tuple[int, int]:
    """Delay and jitter in ticks, as kernels before 4.15 read them from struct tc_netem_qopt."""
    return ticks(wanted.latency), ticks(wanted.jitter)


def _pair(kind: int, every: bool, *values: int) -> bytes:
    return attribute(kind, packed(f"={len(values)}I", *values)) if every or any(values) else b""


def _rate(wanted: Netem) -> bytes:
    low = min(wanted.rate, WHOLE)
    parts = attribute(RATE, packed("=IiIi", low, wanted.overhead, wanted.cell_size, wanted.cell_overhead))
    return (wide(RATE64, wanted.rate) if wanted.rate > WHOLE - 1 else b"") + parts


def _slots(slots: Slots) -> bytes:
    times = (slots.dist_delay, slots.dist_jitter)
    return attribute(
        SLOT, packed("=qqiiqq", slots.min_delay, slots.max_delay, slots.packets, slots.size, *times)
    )


def _model(model: States | Gilbert | None) -> bytes:
    if model is None:
        return b""
    if isinstance(model, Gilbert):
        inner = attribute(_GILBERT, packed("=4I", model.p, model.r, model.h, model.k1))
    else:
        states = (model.p13, model.p31, model.p32, model.p14, model.p23)
        inner = attribute(_STATES, packed("=5I", *states))
    return nest(LOSS, inner)


def _read_model(payload: bytes | None) -> States | Gilbert | None:
    if payload is None:
        return None
    found = attributes(payload, least={_STATES: 20, _GILBERT: 16})
    if _GILBERT in found:
        return Gilbert(*unpacked("=4I", found[_GILBERT]))
    return States(*unpacked("=5I", found[_STATES])) if _STATES in found else None


def _table(kind: int, values: tuple[int, ...] | None) -> bytes:
    if values is None:
        return b""
    if not 1 <= len(values) <= MAX_TABLE:
        raise CodecError(f"a distribution has 1 to {MAX_TABLE} values, not {len(values)}")
    return attribute(kind, packed(f"={len(values)}h", *values))


def _read_table(payload: bytes | None) -> tuple[int, ...] | None:
    if payload is None:
        return None
    if not payload or len(payload) % 2 or len(payload) > 2 * MAX_TABLE:
        raise CodecError(f"a distribution of {len(payload)} bytes")
    return struct.unpack(f"={len(payload) // 2}h", payload)

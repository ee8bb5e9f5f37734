"""Options of the qdiscs that are simple: prio, fq_codel, pfifo and bfifo (Linux 6.18). Pure.

ingress and clsact have none: the kinds alone say all.
"""

from __future__ import annotations

from dataclasses import dataclass

from procwire.shaping.codec.attributes import CodecError, attributes, number, one, packed, unpacked

PRIO, FQ_CODEL, PFIFO, BFIFO, INGRESS, CLSACT = "prio", "fq_codel", "pfifo", "bfifo", "ingress", "clsact"
MAX_BANDS = 16  # TCQ_PRIO_BANDS
MAP = (1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)  # the kernel's own map of priorities to bands
_FIELDS = {1: "target", 2: "limit", 3: "interval", 4: "ecn", 5: "flows", 6: "quantum", 7: "ce_threshold",
           8: "drop_batch", 9: "memory_limit"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Prio:
    """So many bands, and the band of each of the sixteen priorities."""

    bands: int = 3
    bands_of: tuple[int, ...] = MAP


@dataclass(frozen=True, slots=True, kw_only=True)
class FqCodel:
    """Times in us, ``limit`` in packets, ``memory_limit`` in bytes; None: the kernel's own value."""

    target: int | None = None
    limit: int | None = None
    interval: int | None = None
    ecn: int | None = None
    flows: int | None = None
    quantum: int | None = None
    ce_threshold: int | None = None
    drop_batch: int | None = None
    memory_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Fifo:
    """A queue of so many packets (pfifo) or bytes (bfifo)."""

    limit: int


def encode_prio(wanted: Prio) -> bytes:
    """struct tc_prio_qopt. Raises CodecError."""
    if not 2 <= wanted.bands <= MAX_BANDS or len(wanted.bands_of) != len(MAP):
        raise CodecError(f"prio has 2 to {MAX_BANDS} bands, and {len(MAP)} priorities")
    if max(wanted.bands_of) >= wanted.bands:
        raise CodecError("a priority is given a band that is not there")
    return packed("=i16B", wanted.bands, *wanted.bands_of)


def decode_prio(options: bytes) -> Prio:
    """Raises CodecError."""
    bands, *bands_of = unpacked("=i16B", options)
    return Prio(bands=bands, bands_of=tuple(bands_of))


def encode_fq_codel(wanted: FqCodel) -> bytes:
    """Raises CodecError."""
    values = ((kind, getattr(wanted, name)) for kind, name in _FIELDS.items())
    return b"".join(number(kind, value) for kind, value in values if value is not None)


def decode_fq_codel(options: bytes) -> FqCodel:
    """Raises CodecError."""
    found = attributes(options, least=dict.fromkeys(_FIELDS, 4))
    return FqCodel(**{_FIELDS[kind]: one("=I", value) for kind, value in found.items() if kind in _FIELDS})


def encode_fifo(wanted: Fifo) -> bytes:
    """struct tc_fifo_qopt. Raises CodecError."""
    return packed("=I", wanted.limit)


def decode_fifo(options: bytes) -> Fifo:
    """Raises CodecError."""
    return Fifo(unpacked("=I", options)[0])

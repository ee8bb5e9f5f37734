"""u32: a filter that compares words of a packet (net/sched/cls_u32.c, Linux 6.18). Pure.

Masks and values are in network order, offsets count from the network header.
"""

from __future__ import annotations

from dataclasses import dataclass

from procwire.shaping.codec import actions
from procwire.shaping.codec.actions import Action
from procwire.shaping.codec.attributes import CodecError, attribute, attributes, number, one, packed, unpacked

KIND = "u32"
TERMINAL = 1
MAX_KEYS = 128  # TC_U32_MAXKEYS counts to 255; more than this is no filter of ours
_CLASSID, _SEL, _ACT = 1, 5, 7
_SEL_BYTES = 16
_SELECTOR = "=BBBxHHhhI"  # flags, offshift, nkeys, offmask, off, offoff, hoff, hmask


@dataclass(frozen=True, slots=True)
class Key:
    """The packet's word at ``offset``, masked, must be ``value``."""

    value: int
    mask: int
    offset: int
    offset_mask: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class U32:
    """All keys must match; no key matches everything. ``classid`` 0: none."""

    keys: tuple[Key, ...] = ()
    classid: int = 0
    actions: tuple[Action, ...] = ()


def encode(wanted: U32) -> bytes:
    """TCA_OPTIONS. Raises CodecError."""
    keys = wanted.keys or (Key(0, 0, 0),)
    if len(keys) > MAX_KEYS:
        raise CodecError(f"at most {MAX_KEYS} keys")
    selector = packed(_SELECTOR, TERMINAL, 0, len(keys), 0, 0, 0, 0, 0)
    for key in keys:
        selector += packed(">II", key.mask, key.value & key.mask) + packed("=ii", key.offset, key.offset_mask)
    classid = number(_CLASSID, wanted.classid) if wanted.classid else b""
    return classid + attribute(_SEL, selector) + actions.encode(_ACT, wanted.actions)


def decode(options: bytes) -> U32:
    """A filter of a dump; a hash table (it has no selector) reads as one without keys. Raises CodecError."""
    found = attributes(options, least={_CLASSID: 4, _SEL: _SEL_BYTES})
    keys: list[Key] = []
    if _SEL in found:
        count = unpacked(_SELECTOR, found[_SEL])[2]
        for place in range(count):
            raw = found[_SEL][_SEL_BYTES + 16 * place : _SEL_BYTES + 16 * (place + 1)]
            mask, value = unpacked(">II", raw)
            offset, offset_mask = unpacked("=ii", raw[8:])
            keys.append(Key(value, mask, offset, offset_mask))
    if keys == [Key(0, 0, 0)]:
        keys = []
    return U32(
        keys=tuple(keys),
        classid=one("=I", found.get(_CLASSID)),
        actions=actions.decode(found.get(_ACT)),
    )

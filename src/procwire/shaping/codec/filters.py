"""The other filters: fw (a packet's mark), matchall, bpf (Linux 6.18). Pure. u32 and flower have their own
files.
"""

from __future__ import annotations

from dataclasses import dataclass

from procwire.shaping.codec import actions
from procwire.shaping.codec.actions import Action
from procwire.shaping.codec.attributes import attribute, attributes, number, one, packed, text, words

FW, MATCHALL, BPF = "fw", "matchall", "bpf"
DIRECT_ACTION = 1  # TCA_BPF_FLAG_ACT_DIRECT
_FW_CLASSID, _FW_ACT, _FW_MASK = 1, 4, 5
_ALL_CLASSID, _ALL_ACT = 1, 2
_BPF_ACT, _BPF_CLASSID, _BPF_FD, _BPF_NAME, _BPF_FLAGS, _BPF_ID = 1, 3, 6, 7, 8, 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Fw:
    """The filter's handle is the mark it looks for."""

    classid: int = 0
    mask: int = 0xFFFFFFFF
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchAll:
    """Everything. Its class is in host order, whatever some libraries write."""

    classid: int = 0
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bpf:
    """A program, by the descriptor of it; a dump has its id instead. Its result is the action (``direct``),
    or says whether the actions are done: 0 that it does not match.
    """

    name: str
    descriptor: int = -1
    classid: int = 0
    direct: bool = True
    id: int = 0
    actions: tuple[Action, ...] = ()


def encode_fw(wanted: Fw) -> bytes:
    """Raises CodecError."""
    classid = number(_FW_CLASSID, wanted.classid) if wanted.classid else b""
    return classid + number(_FW_MASK, wanted.mask) + actions.encode(_FW_ACT, wanted.actions)


def decode_fw(options: bytes) -> Fw:
    """Raises CodecError."""
    found = attributes(options)
    return Fw(
        classid=one("=I", found.get(_FW_CLASSID)),
        mask=one("=I", found.get(_FW_MASK), 0xFFFFFFFF),
        actions=actions.decode(found.get(_FW_ACT)),
    )


def encode_matchall(wanted: MatchAll) -> bytes:
    """Raises CodecError."""
    classid = number(_ALL_CLASSID, wanted.classid) if wanted.classid else b""
    return classid + actions.encode(_ALL_ACT, wanted.actions)


def decode_matchall(options: bytes) -> MatchAll:
    """Raises CodecError."""
    found = attributes(options)
    return MatchAll(classid=one("=I", found.get(_ALL_CLASSID)), actions=actions.decode(found.get(_ALL_ACT)))


def encode_bpf(wanted: Bpf) -> bytes:
    """Raises CodecError."""
    classid = number(_BPF_CLASSID, wanted.classid) if wanted.classid else b""
    descriptor = attribute(_BPF_FD, packed("=I", wanted.descriptor)) if wanted.descriptor != -1 else b""
    flags = number(_BPF_FLAGS, DIRECT_ACTION) if wanted.direct else b""
    acts = actions.encode(_BPF_ACT, wanted.actions)
    return acts + classid + descriptor + text(_BPF_NAME, wanted.name) + flags


def decode_bpf(options: bytes) -> Bpf:
    """Raises CodecError."""
    found = attributes(options)
    return Bpf(
        name=words(found.get(_BPF_NAME, b"")),
        descriptor=one("=I", found.get(_BPF_FD), -1),
        classid=one("=I", found.get(_BPF_CLASSID)),
        direct=bool(one("=I", found.get(_BPF_FLAGS)) & DIRECT_ACTION),
        id=one("=I", found.get(_BPF_ID)),
        actions=actions.decode(found.get(_BPF_ACT)),
    )

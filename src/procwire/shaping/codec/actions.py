"""Actions of filters: mirred, which sends a packet over another interface, and gact (Linux 6.18). Pure."""

from __future__ import annotations

from dataclasses import dataclass

from procwire.shaping.codec.attributes import (
    CodecError,
    attribute,
    attributes,
    nest,
    packed,
    text,
    unpacked,
    words,
)

PASS, DROP, STOLEN = 0, 2, 4  # TC_ACT_OK, TC_ACT_SHOT, TC_ACT_STOLEN
TO_EGRESS, TO_INGRESS = 1, 3  # TCA_EGRESS_REDIR, TCA_INGRESS_REDIR
MAX_ACTIONS = 32  # TCA_ACT_MAX_PRIO
_KIND, _OPTIONS = 1, 2
_MIRRED_PARMS, _GACT_PARMS = 2, 2


@dataclass(frozen=True, slots=True)
class Mirred:
    """Redirect to an interface: as if it were sent (TO_EGRESS), or received (TO_INGRESS), there."""

    index: int
    way: int = TO_EGRESS


@dataclass(frozen=True, slots=True)
class Gact:
    """Pass or drop, and nothing else."""

    verdict: int = PASS


@dataclass(frozen=True, slots=True)
class OtherAction:
    """Of a kind that is not known here: never written, only seen."""

    kind: str


Action = Mirred | Gact | OtherAction


def encode(kind: int, actions: tuple[Action, ...]) -> bytes:
    """The attribute ``kind`` of a filter with its actions in order. Raises CodecError."""
    if len(actions) > MAX_ACTIONS:
        raise CodecError(f"at most {MAX_ACTIONS} actions")
    parts = [nest(place, *_encoded(action)) for place, action in enumerate(actions, 1)]
    return nest(kind, *parts) if parts else b""


def decode(payload: bytes | None) -> tuple[Action, ...]:
    """The actions of a filter. Raises CodecError."""
    if payload is None:
        return ()
    found = attributes(payload)
    return tuple(_decoded(attributes(found[place])) for place in sorted(found))


def _encoded(action: Action) -> tuple[bytes, bytes]:
    if isinstance(action, Mirred):
        parms = packed("=IIiiiiI", 0, 0, STOLEN, 0, 0, action.way, action.index)
        return text(_KIND, "mirred"), nest(_OPTIONS, attribute(_MIRRED_PARMS, parms))
    if isinstance(action, Gact):
        parms = packed("=IIiii", 0, 0, action.verdict, 0, 0)
        return text(_KIND, "gact"), nest(_OPTIONS, attribute(_GACT_PARMS, parms))
    raise CodecError(f"an action of kind {action.kind!r} cannot be written")


def _decoded(found: dict[int, bytes]) -> Action:
    kind = words(found.get(_KIND, b""))
    options = attributes(found.get(_OPTIONS, b""))
    if kind == "mirred" and _MIRRED_PARMS in options:
        values = unpacked("=IIiiiiI", options[_MIRRED_PARMS])
        return Mirred(values[6], values[5])
    if kind == "gact" and _GACT_PARMS in options:
        return Gact(unpacked("=IIiii", options[_GACT_PARMS])[2])
    return OtherAction(kind)

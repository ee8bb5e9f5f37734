"""LLDP: what a switch, phone or host says of itself to its neighbour on the link (IEEE 802.1AB).

Recognised by the frame's ethertype and the three fields that come first: chassis, port, time to live. Its
records belong to no flow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import DatagramParser
from procwire.dpi.wire.icmp_message import sixteen
from procwire.model import address
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "lldp"
PORTS: frozenset[tuple[str, int]] = frozenset()
TRANSPORTS = frozenset({"lldp"})
FIRST = b"\x02\x03"  # a chassis id of up to 511 bytes

MAX_FIELDS = 64  # fields read of one frame
MAX_LISTED = 16  # of each kind in one frame
_SECOND = 10**9
_END, _CHASSIS, _PORT, _LIFE, _PORT_TEXT, _NAME, _TEXT, _ABLE, _MANAGEMENT = range(9)
_ORGANISATION = 127
_ABILITIES = ("other", "repeater", "bridge", "wlan-access-point", "router", "telephone", "docsis", "station",
              "c-vlan", "s-vlan", "two-port-relay")  # fmt: skip
_IEEE_8021, _IEEE_8023 = b"\x00\x80\xc2", b"\x00\x12\x0f"


class Announcement(Observation, kw_only=True):
    """A station announced itself to its neighbour; of no flow."""

    TABLE = "lldp"
    chassis: Annotated[str, says("Identity of the station: a hardware address, a name, ...")]
    port: Annotated[str, says("Identity of the port that it was sent from.")]
    lifetime: Annotated[int, says("How long this is to be believed; 0 when it leaves.", kind=Kind.DURATION)]
    port_description: Annotated[str, says("What the port is called.")] = ""
    system_name: Annotated[str, says("Name of the station.")] = ""
    system_description: Annotated[str, says("What the station is.")] = ""
    abilities: Annotated[tuple[str, ...], says("What it can be: bridge, router, telephone, ...")] = ()
    enabled: Annotated[tuple[str, ...], says("Which of these it is.")] = ()
    management: Annotated[tuple[str, ...], says("Addresses at which it is managed.")] = ()
    vlan: Annotated[int | None, says("VLAN of untagged frames on the port.")] = None
    frame_bytes: Annotated[int | None, says("Largest frame that the port takes.", kind=Kind.SIZE)] = None
    faults: Annotated[tuple[str, ...], says("Breaches of the format.")] = ()


OBSERVATIONS = (Announcement,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Chassis, port and time to live, in this order (clause 8.2)."""
    if context.transport not in TRANSPORTS:
        return Claim.NO
    kinds = [kind for kind, _ in zip(_kinds(data), range(3), strict=False)]
    return Claim.YES if kinds == [_CHASSIS, _PORT, _LIFE] else Claim.NO


def _kinds(data: bytes) -> Iterator[int]:
    return (kind for kind, _ in fields(data, []))


def fields(data: bytes, faults: list[str]) -> Iterator[tuple[int, bytes]]:
    """(type, value) of each field up to the one that ends the frame; what is broken is a fault."""
    at = 0
    for _ in range(MAX_FIELDS):
        if at + 2 > len(data):
            faults.append("no-end")
            return
        kind, size = data[at] >> 1, (data[at] & 1) << 8 | data[at + 1]
        if kind == _END:
            return
        if at + 2 + size > len(data):
            faults.append("incomplete")
            return
        yield kind, data[at + 2 : at + 2 + size]
        at += 2 + size
    faults.append("too-many-fields")


class Parser(DatagramParser):
    """See contract.Parser."""

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """One frame."""
        if claims(data, side, self.context) is not Claim.YES:
            raise ProtocolError("does not begin with chassis, port and time to live")
        faults: list[str] = []
        found: dict[str, Any] = {}
        for kind, value in fields(data, faults):
            _take(kind, value, found)
        found.setdefault("lifetime", 0)
        yield Announcement(time=now, side=side, faults=tuple(faults), **found)


def _take(kind: int, value: bytes, found: dict[str, Any]) -> None:
    if kind in (_CHASSIS, _PORT):
        found["chassis" if kind == _CHASSIS else "port"] = _identity(kind, value)
    elif kind == _LIFE and len(value) >= 2:
        found["lifetime"] = int.from_bytes(value[:2], "big") * _SECOND
    elif kind in (_PORT_TEXT, _NAME, _TEXT):
        name = {_PORT_TEXT: "port_description", _NAME: "system_name", _TEXT: "system_description"}[kind]
        found[name] = _plain(value)
    elif kind == _ABLE and len(value) >= 4:
        found["abilities"], found["enabled"] = _abilities(value[:2]), _abilities(value[2:4])
    elif kind == _MANAGEMENT:
        _manage(value, found)
    elif kind == _ORGANISATION:
        _organisation(value, found)


def _identity(kind: int, value: bytes) -> str:
    """Tables 8-2 and 8-3: what the bytes behind the subtype are."""
    if not value:
        return ""
    subtype, rest = value[0], value[1:]
    if subtype == (4 if kind == _CHASSIS else 3) and len(rest) == 6:
        return rest.hex(":")
    if subtype == (5 if kind == _CHASSIS else 4):
        return _network(rest)
    return _plain(rest)


def _network(value: bytes) -> str:
    """An address behind its IANA family number."""
    if value[:1] == b"\x01" and len(value) == 5:
        return address.text(4, 0, int.from_bytes(value[1:], "big"))
    if value[:1] == b"\x02" and len(value) == 17:
        return sixteen(value[1:])
    if value[:1] == b"\x06" and len(value) == 7:
        return value[1:].hex(":")
    return value.hex()


def _abilities(value: bytes) -> tuple[str, ...]:
    bits = int.from_bytes(value, "big")
    return tuple(name for place, name in enumerate(_ABILITIES) if bits >> place & 1)


def _manage(value: bytes, found: dict[str, Any]) -> None:
    size = value[0] if value else 0
    known = found.get("management", ())
    if size and len(known) < MAX_LISTED:
        found["management"] = (*known, _network(value[1 : 1 + size]))


def _organisation(value: bytes, found: dict[str, Any]) -> None:
    """IEEE 802.1 port VLAN (annex D.2.1), IEEE 802.3 frame size (annex 79.3.4)."""
    who, subtype, rest = value[:3], value[3:4], value[4:]
    if who == _IEEE_8021 and subtype == b"\x01" and len(rest) >= 2:
        found["vlan"] = int.from_bytes(rest[:2], "big") or None
    elif who == _IEEE_8023 and subtype == b"\x04" and len(rest) >= 2:
        found["frame_bytes"] = int.from_bytes(rest[:2], "big")


def _plain(value: bytes) -> str:
    text = value.decode("utf-8", "backslashreplace").rstrip("\0")
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")

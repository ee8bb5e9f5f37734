"""A flow as a policy sees it: who opened it, to where.

Made of the columns of a flow, so that a stored row, a recording and a live flow come to the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from procwire.model.columns import Table

UNKNOWN = "unknown"
ASKS = frozenset({None, 8, 128})  # of ICMP's messages the echo requests: RFC 792, RFC 4443 section 4.1
_COLUMNS = (
    "flow_id", "icmp_type", "start", "last", "proto", "src", "dst", "dst_port", "direction", "opener",
    "bytes_out", "server_name", "dst_asn", "process", "exe", "unit", "container", "exe_sha256", "owner_side",
    "peer_process",
)  # fmt: skip


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """A program, or what it is known by. Of ``host`` alone where nobody knows the program."""

    exe: str = ""
    process: str = ""
    unit: str = ""
    container: str = ""
    host: str = ""
    sha256: str = ""

    def __str__(self) -> str:
        """For people: what it is known by first, its container behind it."""
        first = self.exe or self.process or self.unit
        if not first:
            return self.container or self.host or "?"
        return f"{first} in {self.container}" if self.container else first


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """One flow that went out. ``name``: as the other side is called, where that is known."""

    who: Who
    name: str
    address: str
    asn: int
    port: int | None
    proto: str
    first: int
    last: int
    bytes_out: int
    flow_id: str

    @property
    def owned(self) -> bool:
        """Whether it is known which program it was."""
        return bool(self.who.exe or self.who.process)

    @property
    def target(self) -> str:
        """What the other side is best called."""
        return self.name or self.address


def contacts(table: Table) -> Callable[[Any], Contact | None]:
    """What reads a contact from a row of flows; None for what is inbound, local, to a group, or an error."""
    known = {column.name: column.get for column in table}
    get = [known[name] for name in _COLUMNS]

    def read(row: Any) -> Contact | None:
        (
            flow_id, message, start, last, proto, src, dst, port, direction, opener, bytes_out,
            name, asn, process, exe, unit, container, sha256, side, peer,
        ) = (one(row) for one in get)  # fmt: skip
        src, dst = str(src or ""), str(dst or "")
        if direction in {"in", "local"} or not outside(dst) or message not in ASKS:
            return None
        if direction != "out" and (opener == UNKNOWN or inward(src, dst)):
            return None
        who = _opener(row, src)
        if who is None and side == "dst":
            who = Who(process=peer or "", host=src)
        elif who is None:
            who = Who(
                exe=exe or "", process=process or "", unit=unit or "", host=src, container=container or "",
                sha256=sha256 or "",
            )  # fmt: skip
        return Contact(
            who=who, name=(name or "").rstrip(".").lower(), address=dst, asn=asn or 0, port=port,
            proto=proto or "", first=start or 0, last=last or start or 0, bytes_out=bytes_out or 0,
            flow_id=flow_id or "",
        )  # fmt: skip

    return read


def _opener(row: Any, src: str) -> Who | None:
    """Who opened a live flow, where both its ends are on this host: columns tell of one end alone."""
    owner = getattr(row, "owner", None)
    if owner is None or owner.side != "dst" or owner.peer is None:
        return None
    found = owner.peer
    program = found.executable
    return Who(
        exe=found.exe, process=found.name, unit=found.unit, container=found.container_name, host=src,
        sha256=program.sha256 if program is not None else "",
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def outside(address: str) -> bool:
    """Whether somebody in particular is meant who is not this host."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    group = found.is_multicast or address == "255.255.255.255"
    return not (group or found.is_loopback or found.is_unspecified)


@lru_cache(maxsize=65_536)
def inward(src: str, dst: str) -> bool:
    """Whether a flow of a recording, which knows no direction, came in from the world."""
    try:
        return ipaddress.ip_address(src).is_global and not ipaddress.ip_address(dst).is_global
    except ValueError:
        return True

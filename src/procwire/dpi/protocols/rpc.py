"""ONC RPC: calls of programs on Unix hosts and their replies, the portmapper too (RFC 5531, RFC 1833).

Recognised on any port by a call or reply whose every number can be one: version 2, a program, known kinds of
credentials, lengths that fit; over TCP behind a record mark. NFS and its helpers are a protocol of their own.
"""

from __future__ import annotations

from procwire.dpi.contract import Claim, Context, Direction, Shape
from procwire.dpi.wire._onc_names import ACL, LOCKS, MOUNT, NFS, PORTMAP, program_of
from procwire.dpi.wire.onc_rpc import Head, judged, number, opaque
from procwire.dpi.wire.rpc_talk import RpcMessage, RpcParser
from procwire.dpi.wire.text import plain

NAME = "rpc"
REQUESTS = True
PORTS = frozenset({("tcp", 111), ("udp", 111)})
ROAMS = True  # programs get their ports from the portmapper
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = None  # the transaction id, or the length, comes first

OBSERVATIONS = (RpcMessage,)
_OTHERS = frozenset({NFS, MOUNT, LOCKS, ACL})
_REPLY = b"\0\0\0\1"  # its numbers fit, but they are small ones: other protocols have them too
_TRANSPORTS = {6: "tcp", 17: "udp"}

SHAPES = {  # a call or a reply
    "tcp": Shape(starts=({8: b"\0", 9: b"\0", 10: b"\0"},)),
    "udp": Shape(starts=({4: b"\0", 5: b"\0", 6: b"\0"},)),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A call of any program but those of NFS; a reply alone only on the portmapper's port."""
    at = 8 if context.transport == "tcp" else 4
    if data[at : at + 4] == _REPLY and 111 not in {context.src_port, context.dst_port}:
        return Claim.NO
    return judged(data, context.transport, None, _OTHERS)


class Parser(RpcParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, _asked, _told)


def _asked(seen: RpcMessage, found: Head, data: bytes) -> None:
    """Which program's port is asked for (RFC 1833 section 2.1, 3.2)."""
    if found.program != PORTMAP or seen.procedure not in {"getport", "getaddr", "set", "unset"}:
        return
    program, version = program_of(number(data, found.at)), number(data, found.at + 4)
    if found.version == 2:
        transport = number(data, found.at + 8)
        name = _TRANSPORTS.get(transport) or str(transport)
    else:
        name = plain(opaque(data, found.at + 8, 64)[0])
    seen.target = f"{program} {version} {name}"


def _told(seen: RpcMessage, found: Head, data: bytes) -> None:
    """The port, as a number or at the end of a universal address."""
    if found.program != PORTMAP:
        return
    if seen.procedure == "getport":
        seen.port = number(data, found.at)
    elif seen.procedure == "getaddr":
        parts = opaque(data, found.at, 128)[0].split(b".")[-2:]
        if len(parts) == 2 and all(part.isdigit() and int(part) < 256 for part in parts):
            seen.port = int(parts[0]) << 8 | int(parts[1])

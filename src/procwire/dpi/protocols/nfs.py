"""NFS with its mounts and locks: files of a server as its clients use them (RFC 1813, RFC 7530, RFC 8881).

Recognised on any port by a whole call of ONC RPC to the programs nfs, mount, nlockmgr or nfs-acl. Shows each
procedure with its latency, who calls, names and paths where they stand at the start; contents are not read.
"""

from __future__ import annotations

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.wire._onc_names import ACL, LOCKS, MOUNT, NFS, OPERATIONS4, result_of
from procwire.dpi.wire.onc_rpc import Head, judged, number, opaque
from procwire.dpi.wire.rpc_talk import RpcMessage, RpcParser
from procwire.dpi.wire.text import plain

NAME = "nfs"
REQUESTS = True
PORTS = frozenset({("tcp", 2049), ("udp", 2049)})
ROAMS = True  # mounts and locks get their ports from the portmapper
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = None

MAX_OPERATIONS = 16  # of one compound
MAX_HANDLE = 128  # RFC 7530 section 2.2
_PROGRAMS = frozenset({NFS, MOUNT, LOCKS, ACL})
_NAMED = frozenset({"lookup", "create", "mkdir", "symlink", "mknod", "remove", "rmdir", "rename"})
_BARE = frozenset({10, 16, 23, 24, 31, 32})  # operations without arguments
OBSERVATIONS = (RpcMessage,)

SHAPES = {  # a call or a reply
    "tcp": Shape(starts=({8: b"\0", 9: b"\0", 10: b"\0"},)),
    "udp": Shape(starts=({4: b"\0", 5: b"\0", 6: b"\0"},)),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A call of one of the programs."""
    return judged(data, context.transport, _PROGRAMS, frozenset())


class Parser(RpcParser):
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, _asked, _told)


def _asked(seen: RpcMessage, found: Head, data: bytes) -> None:
    at = found.at
    if found.program == MOUNT and seen.procedure in {"mnt", "umnt"}:
        seen.path = plain(opaque(data, at, 1024)[0])
    elif found.program == NFS and found.version == 4 and seen.procedure == "compound":
        _compound(seen, data, at)
    elif found.program == NFS and seen.procedure in _NAMED:
        at = at + 32 if found.version == 2 else opaque(data, at, 64)[1]
        seen.path = plain(opaque(data, at, 255)[0])


def _compound(seen: RpcMessage, data: bytes, at: int) -> None:
    """A tag, a minor version, then operations; read as far as their arguments are known here."""
    _, at = opaque(data, at, 1024)
    count = min(number(data, at + 4), MAX_OPERATIONS)
    at += 8
    for _ in range(count):
        kind = number(data, at)
        seen.operations = (*seen.operations, OPERATIONS4.get(kind) or str(kind))
        at += 4
        if kind == 22:
            _, at = opaque(data, at, MAX_HANDLE)
        elif kind == 53:  # sequence: session and four numbers (RFC 8881 section 18.46)
            at += 32
        elif kind in {15, 18, 28}:
            name, at = opaque(data, _open_claim(data, at) if kind == 18 else at, 255)
            seen.path = f"{seen.path}/{plain(name)}" if seen.path else plain(name)
        elif kind == 9:
            at += 4 + 4 * min(number(data, at), 8)
        elif kind == 3:
            at += 4
        elif kind not in _BARE:
            return


def _open_claim(data: bytes, at: int) -> int:
    """Where the file's name stands in an open (RFC 7530 section 16.16). Raises ProtocolError."""
    _, at = opaque(data, at + 20, 1024)  # behind sequence, access, deny and client stands the owner
    create = number(data, at)
    at += 4
    if create:
        mode = number(data, at)
        at += 12 if mode in {2, 3} else 4
        if mode != 2:
            at += 4 + 4 * min(number(data, at), 8)
            _, at = opaque(data, at, 1024)
    if number(data, at):
        raise ProtocolError("not opened by name")
    return at + 4


def _told(seen: RpcMessage, found: Head, data: bytes) -> None:
    """Results of all but the null procedure begin with a number."""
    if (
        found.procedure
        and seen.procedure not in {"dump", "export", "umnt", "umntall"}
        and found.program != LOCKS
    ):
        seen.status = result_of(number(data, found.at))

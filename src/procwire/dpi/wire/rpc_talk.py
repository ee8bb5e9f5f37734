"""Calls of ONC RPC and their replies as records, for the protocols that are built on it: ``rpc`` and ``nfs``.

What arguments and results say is read by functions that a protocol hands in; records are declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Context, Direction, ProtocolError
from procwire.dpi.wire._onc_names import procedure_of, program_of
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.onc_rpc import Head, head, measure
from procwire.dpi.wire.pending import Pending
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

KEEP = 2048  # of a call or a reply: heads, names and paths stand within

Describe = Callable[["RpcMessage", Head, bytes], None]


class RpcMessage(Observation, kw_only=True):
    """A call of a program's procedure, or the reply to one."""

    TABLE = "rpc"
    message: Annotated[str, says("call or reply.")]
    ident: Annotated[int, says("Transaction id (xid).")]
    program: Annotated[str, says("Program by name, or its number.")] = ""
    version: Annotated[int | None, says("Version of the program.")] = None
    procedure: Annotated[str, says("Procedure by name, or its number.")] = ""
    operations: Annotated[tuple[str, ...], says("Operations of a compound that could be read (NFS 4).")] = ()
    path: Annotated[str, says("Path that is mounted, or the file's name in its directory.")] = ""
    target: Annotated[str, says("Program, version and transport that a port is asked for.")] = ""
    port: Annotated[int | None, says("Port that the portmapper answered; 0 for none.")] = None
    status: Annotated[str, says("State of a reply, or the result that the program answered.")] = ""
    security: Annotated[str, says("Kind of credentials: none, sys, gss, ...")] = ""
    machine: Annotated[str, says("Host that calls, as it says (sys).")] = ""
    uid: Annotated[int | None, says("User id that calls, as it says (sys).")] = None
    gid: Annotated[int | None, says("Group id that calls, as it says (sys).")] = None
    size_bytes: Annotated[int, says("Length of the message.", kind=Kind.SIZE)]
    latency: Annotated[int | None, says("From the first call to this reply.", kind=Kind.DURATION)] = None
    retransmitted: Annotated[bool, says("Whether the same call was sent before and not answered.")] = False


class RpcParser(FramedParser):
    """See contract.Parser. ``asks`` and ``tells`` read arguments and results."""

    def __init__(self, context: Context, asks: Describe, tells: Describe) -> None:
        super().__init__(context, measure, KEEP)
        self._pending = self.paired(Pending())
        self._asks, self._tells = asks, tells

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        size = self.size - 4 if self.stream else len(data)
        data = data[4:] if self.stream else data
        try:
            found = head(data)
        except ProtocolError:
            if self.stream and len(self._pending):  # a fragment that goes on with a message
                return
            raise
        seen = RpcMessage(time=now, side=side, message="call", ident=found.ident, size_bytes=size)
        if found.call:
            self._call(seen, found, data)
        else:
            self._reply(seen, found, data)
        yield seen

    def _call(self, seen: RpcMessage, found: Head, data: bytes) -> None:
        _name(seen, found)
        seen.security, seen.machine = found.flavor, found.machine
        seen.uid, seen.gid = found.uid, found.gid
        _guarded(self._asks, seen, found, data)
        key, said = (int(seen.side), found.ident), f"{seen.program} {seen.procedure} {seen.path}".strip()
        note = (found, seen.path)
        seen.retransmitted = self._pending.ask(key, seen.time, note, side=seen.side, said=said)

    def _reply(self, seen: RpcMessage, found: Head, data: bytes) -> None:
        seen.message, seen.status = "reply", found.status
        note: Any
        seen.latency, note = self._pending.answer((1 - seen.side, found.ident), seen.time)
        if note is not None:
            call, seen.path = note
            _name(seen, call)
            if found.status == "ok":
                call.at = found.at
                _guarded(self._tells, seen, call, data)


def _name(seen: RpcMessage, found: Head) -> None:
    seen.program, seen.version = program_of(found.program), found.version
    seen.procedure = procedure_of(found.program, found.version, found.procedure)


def _guarded(describe: Describe, seen: RpcMessage, found: Head, data: bytes) -> None:
    """Arguments that end early, or are not what they should be, say less."""
    try:
        describe(seen, found, data)
    except ProtocolError:
        return

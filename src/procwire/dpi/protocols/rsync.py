"""rsync to a daemon: versions, the module asked for, who logs in, how it ends (rsync's csprotocol.txt).

Recognised by the greeting ``@RSYNCD: `` with a version, which each side sends first. What is transferred
afterwards is not read. Of a login the user is shown and that a proof was sent, never the proof.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import Lines
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "rsync"
PORTS = frozenset({("tcp", 873)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"@"

MAX_LINE = 1024  # bytes
MAX_GREETING = 256  # bytes looked at for the first line
MAX_WELCOME = 256  # lines of a daemon before its answer
_PREFIX = b"@RSYNCD: "
_GREETING = lazy(rb"@RSYNCD: (\d{1,3}(?:\.\d{1,3})?)((?: [\w./-]{1,32}){0,16}) ?\r?\n")


class RsyncMessage(Observation, kw_only=True):
    """A greeting, a module that is asked for, or the daemon's answer."""

    TABLE = "rsync"
    message: Annotated[str, says("greeting, module, login, ok, error or list.")]
    version: Annotated[str, says("Version of the protocol that the side speaks.")] = ""
    digests: Annotated[str, says("Digests that the side knows, the best first.")] = ""
    module: Annotated[str, says("Module that is asked for.")] = ""
    user: Annotated[str, says("User who logs in.")] = ""
    credentials: Annotated[bool, says("Whether a proof of the password was sent; it is no password.")] = False
    error: Annotated[str, says("What the daemon says against it.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (RsyncMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole greeting."""
    if not data.startswith(_PREFIX[: len(data)]):
        return Claim.NO
    if _GREETING.match(data):
        return Claim.YES
    return Claim.NO if b"\n" in data or len(data) > MAX_GREETING else Claim.MORE


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._sides = (Lines(MAX_LINE), Lines(MAX_LINE))
        # Either side may greet first, so who is the daemon is said by the port, or by who opened the flow.
        daemon_opened = ("tcp", context.src_port) in PORTS and ("tcp", context.dst_port) not in PORTS
        self._server = Direction.OUT if daemon_opened else Direction.IN
        self._greeted = [False, False]
        self._module = ""
        self._asked: int | None = None
        self._challenged = False
        self._welcomes = 0
        self._done = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        lines = self._sides[side]
        if self._done:
            return
        lines.push(data)
        while not self._done and (line := lines.next()) is not None:
            seen = self._line(side, line, now)
            if seen is not None:
                yield seen

    def _line(self, side: Direction, line: bytes, now: int) -> RsyncMessage | None:
        if not self._greeted[side]:
            found = _GREETING.match(line + b"\n")
            if found is None:
                raise ProtocolError("no greeting")
            self._greeted[side] = True
            digests = plain(found[2]).strip()
            return RsyncMessage(
                time=now, side=side, message="greeting", version=found[1].decode(), digests=digests
            )
        return self._of_server(side, line, now) if side is self._server else self._of_client(side, line, now)

    def _of_client(self, side: Direction, line: bytes, now: int) -> RsyncMessage | None:
        if self._asked is None:
            self._asked, self._module = now, plain(line)
            kind = "list" if line in {b"", b"#list"} else "module"
            return RsyncMessage(time=now, side=side, message=kind, module=self._module)
        if not self._challenged:
            self._welcomed()
            return None
        self._challenged = False
        self._asked = now
        user = plain(line.partition(b" ")[0])
        return RsyncMessage(
            time=now, side=side, message="login", module=self._module, user=user, credentials=True
        )

    def _welcomed(self) -> None:
        """One more line that says nothing: not many come before the answer."""
        self._welcomes += 1
        self._done = self._welcomes > MAX_WELCOME

    def _of_server(self, side: Direction, line: bytes, now: int) -> RsyncMessage | None:
        seen = RsyncMessage(time=now, side=side, message="ok", module=self._module)
        if line.startswith(b"@RSYNCD: AUTHREQD"):
            self._challenged = True
            return None
        if line.startswith(b"@ERROR"):
            seen.message, seen.error = "error", plain(line.partition(b":")[2].strip())
        elif not line.startswith((b"@RSYNCD: OK", b"@RSYNCD: EXIT")):
            self._welcomed()
            return None
        seen.latency = None if self._asked is None else max(0, now - self._asked)
        self._done = True
        return seen

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser: reading goes on at the next line."""
        self._sides[side].lose(size)
        self._greeted[side] = True
        return ()

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done else 0

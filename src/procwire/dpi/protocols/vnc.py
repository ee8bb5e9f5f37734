"""VNC: the Remote Framebuffer protocol up to the desktop: version, security, name and size (RFC 6143).

Recognised by the version line that each side sends first, ``RFB 003.008`` and its kin. Challenges and their
responses are passed over; whether a password was asked for, and how, is shown. VeNCrypt and the other uses of
TLS are handed on. Pictures, keys and pointer are not read.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Annotated, Any, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import Lines
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "vnc"
PORTS = frozenset(("tcp", port) for port in (5500, 5900, 5901, 5902, 5903))
ROAMS = True  # every display has a port of its own
TRANSPORTS = frozenset({"tcp"})
FIRST = b"R"

VERSION_BYTES = 12
MAX_REASON, MAX_NAME = 1024, 512  # bytes
MAX_HELD = 4096  # bytes of a side that came before their turn
_VERSION = lazy(rb"RFB (\d{3})\.(\d{3})\n")
_TYPES = {0: "invalid", 1: "none", 2: "vnc", 5: "ra2", 6: "ra2ne", 13: "ra2-256", 16: "tight", 17: "ultra",
          18: "tls", 19: "vencrypt", 20: "gtk-vnc-sasl", 21: "md5-hash", 22: "xvp", 30: "apple-dh",
          33: "apple-kerberos", 35: "apple", 129: "tight-unix", 130: "ra2-256"}  # fmt: skip
_SUBTYPES = {256: "plain", 257: "tls-none", 258: "tls-vnc", 259: "tls-plain", 260: "x509-none",
             261: "x509-vnc", 262: "x509-plain", 263: "tls-sasl", 264: "x509-sasl"}  # fmt: skip
_TLS, _VENCRYPT, _PLAIN = 18, 19, 256

Script = Generator[Any, bytes, Any]
"""Yields who speaks next (server or not) and how many bytes, is sent these; observations between."""


class VncMessage(Observation, kw_only=True):
    """A step on the way to the desktop."""

    TABLE = "vnc"
    RISKS: ClassVar = {"credentials": "cleartext-credentials", "weak": "weak-cryptography"}
    message: Annotated[str, says("version, security, result or desktop.")]
    version: Annotated[str, says("Version that the side speaks.")] = ""
    offered: Annotated[tuple[str, ...], says("Kinds of security that the server offers.")] = ()
    security: Annotated[str, says("Kind of security that was chosen.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent in clear.")] = False
    result: Annotated[str, says("Whether the server let the client in: ok or failed.")] = ""
    reason: Annotated[str, says("Why it did not.")] = ""
    desktop: Annotated[str, says("Name of the desktop.")] = ""
    size: Annotated[str, says("Size of the desktop, in pixels.")] = ""
    shared: Annotated[bool | None, says("Whether the client shares the desktop with others.")] = None
    latency: Annotated[int | None, says("From the client's choice or proof to this.", kind=Kind.DURATION)] = (
        None
    )

    @property
    def weak(self) -> bool:
        """The proof by DES with the password as its key (RFC 6143 section 7.2.2)."""
        return self.security == "vnc"


OBSERVATIONS = (VncMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A whole version line."""
    if len(data) < VERSION_BYTES:
        pattern = b"RFB 003.008\n"
        good = all(
            byte == wanted or (48 <= wanted <= 57 and 48 <= byte <= 57)
            for byte, wanted in zip(data, pattern, strict=False)
        )
        return Claim.MORE if good else Claim.NO
    return Claim.YES if _VERSION.match(data) else Claim.NO


class Parser:
    """See contract.Parser. A script of who speaks next; what comes early waits its turn."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (Lines(MAX_HELD), Lines(MAX_HELD))
        self._held = [0, 0]
        self._server: Direction | None = None
        self._minor = 8
        self._security = ""
        self._since: int | None = None
        self._shared: bool | None = None
        self._now = 0
        self._done = self._broken = False
        self._script = self._steps()
        self._wanted: tuple[bool, int] | None = next(self._script)

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._done:
            return
        if self._broken:
            raise ProtocolError("bytes are missing")
        if self._server is None:
            self._server = side
        self._sides[side].push(data)
        self._held[side] += len(data)
        self._now = now
        while self._wanted is not None:
            of_server, size = self._wanted
            speaker = Direction(self._server if of_server else 1 - self._server)
            piece = self._sides[speaker].take(size)
            if piece is None:
                break
            self._held[speaker] -= size
            yield from self._step(piece)
        if max(self._held) > MAX_HELD and not self._done:
            raise ProtocolError("a side speaks out of turn")

    def _step(self, piece: bytes) -> Iterator[Observation]:
        """Hand a piece to the script; it yields observations until it wants another."""
        try:
            said = self._script.send(piece)
            while isinstance(said, Observation):
                yield said
                said = next(self._script)
            self._wanted = said
        except StopIteration:
            self._wanted = None
            self._done = True

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """See contract.Parser: the steps cannot be found again."""
        self._broken = not self._done
        return ()

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._done or self._broken else 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed an upgrade."""
        return self._sides[side].rest()

    def _of(self, message: str, *, server: bool = True) -> VncMessage:
        side = Direction(int(self._server or 0) if server else 1 - int(self._server or 0))
        seen = VncMessage(time=self._now, side=side, message=message, security=self._security)
        if server and self._since is not None:
            seen.latency = max(0, self._now - self._since)
            self._since = None
        return seen

    def _steps(self) -> Script:
        """RFC 6143 section 7.1 to 7.3, as a script."""
        for server in (True, False):
            line = _VERSION.match((yield server, VERSION_BYTES))
            if line is None:
                raise ProtocolError("no version")
            seen = self._of("version", server=server)
            seen.version = f"{int(line[1])}.{int(line[2])}"
            self._minor = int(line[2])
            yield seen
        kind = yield from self._choose()
        if kind is None:
            return
        self._since = self._now
        if kind == _TLS:
            yield Upgraded(time=self._now, side=Direction(self._server or 0), hint="tls")
            return
        if kind == _VENCRYPT:
            yield from self._vencrypt()
            return
        if kind not in {1, 2}:
            return
        if kind == 2:
            yield True, 16
            yield False, 16
            self._since = self._now
        yield from self._let_in(kind)

    def _choose(self) -> Script:
        """The kind of security; None where the server refuses."""
        if self._minor < 7:
            kind = int.from_bytes((yield True, 4), "big")
            offered: tuple[str, ...] = (_TYPES.get(kind) or str(kind),)
            refused = kind == 0
        else:
            listed = yield True, (yield True, 1)[0]
            offered = tuple(_TYPES.get(one) or str(one) for one in listed)
            refused = not listed
            kind = 0 if refused else (yield False, 1)[0]
        if refused:
            yield (yield from self._failed())
            return None
        self._security = _TYPES.get(kind) or str(kind)
        seen = self._of("security", server=self._minor < 7)
        seen.offered = offered
        yield seen
        return kind

    def _failed(self) -> Script:
        size = int.from_bytes((yield True, 4), "big")
        if size > MAX_REASON:
            raise ProtocolError("endless reason")
        seen = self._of("result")
        seen.result = "failed"
        seen.reason = plain((yield True, size)) if size else ""
        return seen

    def _vencrypt(self) -> Script:
        """The VeNCrypt extension, version 0.2 (github.com/rfbproto)."""
        yield True, 2
        yield False, 2
        if (yield True, 1) != b"\0":
            return
        listed = yield True, 4 * (yield True, 1)[0]
        kind = int.from_bytes((yield False, 4), "big")
        self._security = f"vencrypt {_SUBTYPES.get(kind) or kind}"
        seen = self._of("security", server=False)
        numbers = [int.from_bytes(listed[at : at + 4], "big") for at in range(0, len(listed), 4)]
        seen.offered = tuple(_SUBTYPES.get(one) or str(one) for one in numbers)
        seen.credentials = kind == _PLAIN
        yield seen
        if kind != _PLAIN and kind in _SUBTYPES and (yield True, 1) == b"\1":
            yield Upgraded(time=self._now, side=Direction(self._server or 0), hint="tls")

    def _let_in(self, kind: int) -> Script:
        if kind != 1 or self._minor >= 8:
            if int.from_bytes((yield True, 4), "big"):
                if self._minor >= 8:
                    yield (yield from self._failed())
                else:
                    seen = self._of("result")
                    seen.result = "failed"
                    yield seen
                return
            seen = self._of("result")
            seen.result = "ok"
            yield seen
        self._shared = (yield False, 1) != b"\0"
        self._since = self._now
        head = yield True, 24
        size = int.from_bytes(head[20:24], "big")
        if size > MAX_NAME:
            raise ProtocolError("endless name")
        name = (yield True, size) if size else b""
        seen = self._of("desktop")
        seen.desktop, seen.shared = plain(name), self._shared
        seen.size = f"{int.from_bytes(head[:2], 'big')}x{int.from_bytes(head[2:4], 'big')}"
        yield seen

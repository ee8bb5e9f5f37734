"""RDP: who asks for a remote desktop and how the connection is secured ([MS-RDPBCGR] 2.2.1).

Recognised on any port by the framing of a connection request (RFC 1006, X.224) that holds RDP's own cookie,
routing token or negotiation; a bare request only on port 3389. Behind the server's choice of TLS the stream
is handed on; what RDP's own, withdrawn encryption protects is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, ClassVar

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.framing import FramedParser
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says
from procwire.model.patterns import lazy

NAME = "rdp"
PORT = 3389
PORTS = frozenset({("tcp", PORT)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\x03"

MAX_REQUEST = 512  # a request with its cookie or token
_REQUEST, _CONFIRM = 0xE0, 0xD0
_COOKIE = lazy(rb"Cookie: mstshash=([^\r\n]{0,256})\r\n")
_TOKEN = lazy(rb"Cookie: (msts=[^\r\n]{0,256})\r\n")
_PROTOCOLS = {0x01: "tls", 0x02: "credssp", 0x04: "rdstls", 0x08: "credssp-ex", 0x10: "rdsaad"}
_FAILURES = {1: "tls-required", 2: "tls-not-allowed", 3: "no-certificate", 4: "inconsistent-flags",
             5: "credssp-required", 6: "tls-with-user-authentication-required"}  # fmt: skip


class RdpMessage(Observation, kw_only=True):
    """A connection asked for, or how the server agreed to it."""

    TABLE = "rdp"
    RISKS: ClassVar = {"weak": "weak-cryptography"}
    message: Annotated[str, says("request, confirm or failure.")]
    user: Annotated[
        str, says("User or host that the client's cookie names, often cut to nine characters.")
    ] = ""
    token: Annotated[str, says("Routing token of a load balancer.")] = ""
    protocols: Annotated[
        tuple[str, ...], says("Security that the client offers: rdp, tls, credssp, ...")
    ] = ()
    protocol: Annotated[str, says("Security that the server chose.")] = ""
    restricted: Annotated[bool, says("Whether the client asks for restricted administration.")] = False
    error: Annotated[str, says("Why the server refused.")] = ""
    latency: Annotated[int | None, says("From the request to this answer.", kind=Kind.DURATION)] = None

    @property
    def weak(self) -> bool:
        """RDP's own encryption was agreed on ([MS-RDPBCGR] 5.3: RC4, and no authentication of the server)."""
        return self.message == "confirm" and self.protocol == "rdp"


OBSERVATIONS = (RdpMessage,)


def measure(data: bytes | bytearray) -> int:
    """TPKT and the X.224 head in it (RFC 1006 section 6)."""
    if data[0] != 3 or (len(data) > 1 and data[1]):
        raise ProtocolError("no TPKT")
    if len(data) < 7:
        return 0
    size = int.from_bytes(data[2:4], "big")
    if data[5] not in {_REQUEST, _CONFIRM} or not 11 <= size <= MAX_REQUEST or data[4] != size - 5:
        raise ProtocolError("not a connection's opening")
    return size


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """A request that says it is RDP."""
    try:
        size = measure(data) if data else 0
    except ProtocolError:
        return Claim.NO
    if not size or len(data) < size:
        return Claim.MORE
    if data[5] != _REQUEST or data[10] & 0xF0:
        return Claim.NO
    content = data[11:size]
    named = b"Cookie: msts" in content or _negotiation(content, 1) is not None
    return Claim.YES if named or (not content and PORT in {context.src_port, context.dst_port}) else Claim.NO


def _negotiation(content: bytes, kind: int) -> tuple[int, int] | None:
    """(flags, number) of the structure at the end ([MS-RDPBCGR] 2.2.1.1.1)."""
    at = content.find(bytes([kind]), max(0, content.find(b"\r\n") + 2 if b"\r\n" in content else 0))
    if at < 0 or content[at + 2 : at + 4] != b"\x08\0" or at + 8 > len(content):
        return None
    return content[at + 1], int.from_bytes(content[at + 4 : at + 8], "little")


class Parser(FramedParser):
    """See contract.Parser."""

    PATIENT = True  # the server's choice decides what follows

    def __init__(self, context: Context) -> None:
        super().__init__(context, measure, MAX_REQUEST)
        self._pending = self.paired(Pending())

    def read(self, side: Direction, data: bytes, now: int) -> Iterable[Observation]:
        """See DatagramParser."""
        content = data[11:]
        if data[5] == _REQUEST:
            yield self._request(side, content, now)
            return
        seen = RdpMessage(time=now, side=side, message="confirm", protocol="rdp")
        seen.latency, _ = self._pending.answer(1 - side, now)
        failed, chosen = _negotiation(content, 3), _negotiation(content, 2)
        if failed is not None:
            seen.message, seen.protocol = "failure", ""
            seen.error = _FAILURES.get(failed[1]) or str(failed[1])
        elif chosen is not None:
            seen.protocol = _PROTOCOLS.get(chosen[1]) or ("rdp" if not chosen[1] else str(chosen[1]))
        yield seen
        if seen.protocol in _PROTOCOLS.values():
            yield self.hand_on(side, "tls", now)
        else:
            self.close()

    def _request(self, side: Direction, content: bytes, now: int) -> RdpMessage:
        self._pending.ask(int(side), now, side=side, said="connection")
        seen = RdpMessage(time=now, side=side, message="request", protocols=("rdp",))
        cookie, token = _COOKIE.search(content), _TOKEN.search(content)
        seen.user = plain(cookie[1]) if cookie else ""
        seen.token = plain(token[1]) if token else ""
        offered = _negotiation(content, 1)
        if offered is not None:
            seen.restricted = bool(offered[0] & 1)
            names = tuple(name for bit, name in _PROTOCOLS.items() if offered[1] & bit)
            seen.protocols = names or ("rdp",)
        return seen

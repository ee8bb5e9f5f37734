"""SOCKS4, 4a and 5: who is asked for, logins, the proxy's answer; then it hands on (RFC 1928, RFC 1929).

Recognised by content on any port: a greeting of version 5 whose methods are known and distinct, or a
well-formed request of version 4. Nothing is told before the proxy's answer fits. Passwords are shown as
present, never as they are. What is carried by UDP ASSOCIATE flows elsewhere and is not followed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, ClassVar

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.lines import shown
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says

NAME = "socks"
PORTS = frozenset({("tcp", 1080), ("tcp", 9050)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"\x04\x05"

MAX_METHODS = 10  # RFC 1928 section 3 allows 255; clients list one to four
MAX_AHEAD = 1 << 16  # bytes that a client sends before the proxy's answer
MAX_TEXT = 255  # of a user's name or a domain

_METHODS = {0: "none", 1: "gssapi", 2: "password", 3: "chap", 5: "challenge-response", 6: "ssl", 7: "nds",
            8: "multi", 9: "json"}  # fmt: skip
_COMMANDS = {1: "connect", 2: "bind", 3: "associate"}
_STATUS5 = {0: "succeeded", 1: "general failure", 2: "not allowed", 3: "network unreachable",
            4: "host unreachable", 5: "connection refused", 6: "ttl expired", 7: "command not supported",
            8: "address type not supported"}  # fmt: skip
_STATUS4 = {90: "granted", 91: "rejected", 92: "no identd", 93: "identd differs"}
_REFUSED = 255


class SocksRequest(Observation, kw_only=True):
    """A client asked a proxy to reach somebody."""

    TABLE = "socks"
    SETS: ClassVar = {"server_name": "name"}
    RISKS: ClassVar = {"credentials": "cleartext-credentials"}
    NAME_SOURCE = "socks"
    message: Annotated[str, says("request or response.")] = "request"
    version: Annotated[str, says("4, 4a or 5.")]
    command: Annotated[str, says("connect, bind or associate.")]
    host: Annotated[str, says("Name or address asked for.")]
    port: Annotated[int, says("Port asked for.")]
    methods: Annotated[tuple[str, ...], says("Ways to log in that the client offered.")] = ()
    user: Annotated[str, says("Who logs in, where it is in clear.")] = ""
    credentials: Annotated[bool, says("Whether a password was sent.")] = False

    @property
    def name(self) -> str:
        """The host where it is a name."""
        return self.host if self.host and not _is_address(self.host) else ""


class SocksResponse(Observation, kw_only=True):
    """The proxy answered a request, or refused the client."""

    TABLE = "socks"
    message: Annotated[str, says("request or response.")] = "response"
    version: Annotated[str, says("4, 4a or 5.")]
    status: Annotated[str, says("How it went.")]
    code: Annotated[int, says("Reply code.")]
    bound_host: Annotated[str, says("Address or name that the proxy uses.")] = ""
    bound_port: Annotated[int, says("Port that the proxy uses.")] = 0
    latency: Annotated[int | None, says("From the request to the answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (SocksRequest, SocksResponse)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The client's first message, whole."""
    if data[:1] == b"\x05":
        return _claims5(data)
    if data[:1] == b"\x04":
        return _claims4(data)
    return Claim.NO if data else Claim.MORE


def _claims5(data: bytes) -> Claim:
    count = data[1] if len(data) > 1 else 1
    methods = data[2 : 2 + count]
    if not 0 < count <= MAX_METHODS or any(one not in _METHODS and one < 0x80 for one in methods):
        return Claim.NO
    if len(set(methods)) != len(methods) or _REFUSED in methods:
        return Claim.NO
    return Claim.YES if len(data) > 1 and len(methods) == count else Claim.MORE


def _claims4(data: bytes) -> Claim:
    if len(data) > 1 and data[1] not in {1, 2}:
        return Claim.NO
    if len(data) < 9:
        return Claim.MORE
    if data[2:4] == b"\0\0" or (data[4:7] == b"\0\0\0" and not data[7]):
        return Claim.NO
    user, end, rest = data[8:].partition(b"\0")
    if len(user) > MAX_TEXT or any(not 32 < one < 127 for one in user):
        return Claim.NO
    if not end:
        return Claim.MORE
    if data[4:7] != b"\0\0\0":
        return Claim.YES
    domain, end, _ = rest.partition(b"\0")
    if len(domain) > MAX_TEXT or any(not 32 < one < 127 for one in domain):
        return Claim.NO
    return (Claim.YES if domain else Claim.NO) if end else Claim.MORE


class Parser:
    """See contract.Parser. ``_stage``: what is read next of the side that speaks."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._held = [bytearray(), bytearray()]
        self._client: int | None = None
        self._stage = "greeting"  # greeting, method, login, checked, ask, answer, done
        self._version = ""
        self._methods: tuple[str, ...] = ()
        self._user = ""
        self._secret = False
        self._request: SocksRequest | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        if self._client is None:
            self._client = side
        if self._stage == "done":
            return
        self._held[side] += data
        if len(self._held[side]) > (MAX_AHEAD if side == self._client else 4 * MAX_TEXT):
            raise ProtocolError("too long")
        while self._stage != "done":
            client = self._stage in {"greeting", "login", "ask"}
            speaker = self._client if client else 1 - self._client
            before = self._stage
            yield from getattr(self, f"_{self._stage}")(Direction(speaker), now)
            if self._stage == before:
                return

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """A few messages, each needed: nothing is read behind a gap."""
        self._end()
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._stage == "done" else 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what the client sent behind its request, and the server behind the answer."""
        return bytes(self._held[side])

    def finish(self, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """A request that no answer was seen to."""
        if self._stage == "answer" and self._request is not None:
            yield self._request

    def _end(self) -> None:
        self._stage = "done"

    def _greeting(self, side: Direction, now: int) -> Iterator[Observation]:
        held = self._held[side]
        if held[:1] == b"\x04":
            yield from self._request4(side, now)
            return
        if held and held[0] != 5:
            raise ProtocolError("not a version of SOCKS")
        if len(held) < 2 or len(held) < 2 + held[1]:
            return
        self._version = "5"
        self._methods = tuple(_METHODS.get(one) or str(one) for one in held[2 : 2 + held[1]])
        del held[: 2 + held[1]]
        self._stage = "method"

    def _method(self, side: Direction, now: int) -> Iterator[Observation]:
        held = self._held[side]
        if len(held) < 2:
            return
        if held[0] != 5:
            raise ProtocolError("not an answer of SOCKS5")
        chosen = held[1]
        del held[:2]
        if chosen == _REFUSED:
            self._end()
            yield SocksResponse(time=now, side=side, version="5", status="no acceptable method", code=chosen)
        elif chosen in {0, 2}:
            self._stage = "login" if chosen else "ask"
        elif _METHODS.get(chosen, str(chosen)) in self._methods:
            self._end()  # what follows is encapsulated by the method
            yield SocksResponse(
                time=now, side=side, version="5", status=_METHODS.get(chosen, ""), code=chosen
            )
        else:
            raise ProtocolError("a method that was not offered")

    def _login(self, side: Direction, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """RFC 1929 section 2."""
        held = self._held[side]
        user = held[1] if len(held) > 1 else 0
        if held and held[0] != 1:
            raise ProtocolError("not a login")
        if len(held) < 3 + user or len(held) < 3 + user + held[2 + user]:
            return iter(())
        self._user = shown(bytes(held[2 : 2 + user]))
        self._secret = held[2 + user] > 0
        del held[: 3 + user + held[2 + user]]
        self._stage = "checked"
        return iter(())

    def _checked(self, side: Direction, now: int) -> Iterator[Observation]:
        held = self._held[side]
        if len(held) < 2:
            return
        code = held[1]
        if held[0] not in {1, 5}:
            raise ProtocolError("not an answer to a login")
        del held[:2]
        self._stage = "ask"
        if code:
            self._end()
            yield SocksResponse(time=now, side=side, version="5", status="login failed", code=code)

    def _request4(self, side: Direction, now: int) -> Iterator[Observation]:
        held = self._held[side]
        if _claims4(bytes(held[: 4 * MAX_TEXT])) is Claim.NO:
            raise ProtocolError("not a request of SOCKS4")
        end = held.find(b"\0", 8)
        if len(held) < 9 or end < 0:
            return iter(())
        version, host, last = "4", str(ipaddress.IPv4Address(bytes(held[4:8]))), end
        if held[4:7] == b"\0\0\0":
            last = held.find(b"\0", end + 1)
            if last < 0:
                return iter(())
            version, host = "4a", shown(bytes(held[end + 1 : last]))
        self._version, self._user = version, shown(bytes(held[8:end]))
        self._asked(side, now, held[1], (host, held[2] << 8 | held[3]))
        del held[: last + 1]
        return iter(())

    def _asked(self, side: Direction, now: int, command: int, end: tuple[str, int]) -> None:
        if command not in _COMMANDS:
            raise ProtocolError("not a command")
        self._stage = "answer"
        self._request = SocksRequest(
            time=now,
            side=side,
            version=self._version,
            command=_COMMANDS[command],
            host=end[0],
            port=end[1],
            methods=self._methods,
            user=self._user,
            credentials=self._secret,
        )

    def _ask(self, side: Direction, now: int) -> Iterator[Observation]:
        held = self._held[side]
        found = _end_point(held)
        if held and (held[0] != 5 or (len(held) > 2 and held[2])):
            raise ProtocolError("not a request of SOCKS5")
        if found is not None:
            self._asked(side, now, held[1], found[:2])
            del held[: found[2]]
        return iter(())

    def _answer(self, side: Direction, now: int) -> Iterator[Observation]:
        held, asked = self._held[side], self._request
        assert asked is not None
        if self._version == "5":
            found = _end_point(held)
            if held and held[0] != 5:
                raise ProtocolError("not an answer of SOCKS5")
            if found is None:
                return
            host, port, size = found
            status = _STATUS5.get(held[1], str(held[1]))
        else:
            if held and held[0]:
                raise ProtocolError("not an answer of SOCKS4")
            if len(held) < 8:
                return
            host, port, size = str(ipaddress.IPv4Address(bytes(held[4:8]))), held[2] << 8 | held[3], 8
            status = _STATUS4.get(held[1], str(held[1]))
        code = held[1]
        del held[:size]
        self._end()
        yield asked
        yield SocksResponse(
            time=now,
            side=side,
            version=self._version,
            status=status,
            code=code,
            bound_host=host,
            bound_port=port,
            latency=now - asked.time,
        )
        if asked.command == "connect" and code in {0, 90}:
            yield Upgraded(time=now, side=side, hint="")


def _end_point(held: bytearray) -> tuple[str, int, int] | None:
    """(host, port, size of the message) of RFC 1928 sections 4 to 6; None where it is not whole."""
    if len(held) < 5:
        return None
    kind = held[3]
    size = {1: 4, 3: 1 + held[4], 4: 16}.get(kind)
    if size is None:
        raise ProtocolError("not a type of address")
    if len(held) < 6 + size:
        return None
    raw = bytes(held[4 : 4 + size])
    host = shown(raw[1:]) if kind == 3 else str(ipaddress.ip_address(raw))
    return host, held[4 + size] << 8 | held[5 + size], 6 + size


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

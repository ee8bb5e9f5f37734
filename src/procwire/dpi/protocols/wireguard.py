"""WireGuard: handshakes with their latency; what follows is ciphertext (its whitepaper, section 5.4).

Recognised by messages of exactly the right size: an initiation without a cookie (its last 16 bytes are
zero), a response that names the initiation's sender, or three data messages to one receiver whose counters
rise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.pending import Pending, unanswered
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "wireguard"
PORTS = frozenset({("udp", 51820)})
TRANSPORTS = frozenset({"udp"})
FIRST = b"\x01\x02\x03\x04"
ROAMS = True

INITIATION, RESPONSE, COOKIE, DATA = 1, 2, 3, 4
_SIZES = {INITIATION: 148, RESPONSE: 92, COOKIE: 64}
_KINDS = {INITIATION: "initiation", RESPONSE: "response", COOKIE: "cookie"}
MIN_DATA = 32  # a keepalive: header and tag
MAX_STEP = 1 << 12  # how far a counter may jump between messages that are seen
MAX_TOLD = 64  # handshakes of one flow: one every two minutes


class WireguardHandshake(Observation, kw_only=True):
    """One message of a handshake."""

    TABLE = "wireguard"
    message: Annotated[str, says("initiation, response, cookie or established.")]
    sender: Annotated[str, says("Index that the sender chose, in hex.")]
    receiver: Annotated[str, says("Index of the receiver, in hex.")]
    cookie: Annotated[bool, says("It carries the proof of a cookie: the other end was under load.")]
    latency: Annotated[int | None, says("From the initiation to this.", kind=Kind.DURATION)] = None


OBSERVATIONS = (WireguardHandshake,)


def _kind(data: bytes) -> int:
    """Type of a message whose size fits, or 0."""
    if len(data) < MIN_DATA or data[1:4] != b"\0\0\0" or not 1 <= data[0] <= 4:
        return 0
    if data[0] == DATA:
        return DATA if len(data) % 16 == 0 else 0
    return data[0] if len(data) == _SIZES[data[0]] else 0


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """An initiation is enough; everything else needs a second message."""
    kind = _kind(data)
    if kind == INITIATION:
        return Claim.YES if not any(data[132:148]) else Claim.MORE
    return Claim.MORE if kind else Claim.NO


def confirm(seen: list[tuple[Direction, bytes]], context: Context) -> bool:  # noqa: ARG001
    """A response to an initiation, or data to one receiver."""
    side, last = seen[-1]
    if last[0] in {RESPONSE, COOKIE}:
        at = 8 if last[0] == RESPONSE else 4
        return any(
            other != side and _kind(data) == INITIATION and data[4:8] == last[at : at + 4]
            for other, data in seen
        )
    same = [data for other, data in seen if other == side and _kind(data) == DATA and data[4:8] == last[4:8]]
    counters = [int.from_bytes(data[8:16], "little") for data in same]
    steps = [after - before for before, after in pairwise(counters)]
    return len(steps) >= 2 and all(0 < step <= MAX_STEP for step in steps)


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._reads = context.told
        self._asked = Pending()
        self._began: int | None = None
        self._waiting = False  # a response came, and no data since
        self._count = self._data = 0

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram."""
        kind = _kind(data)
        if not kind:
            raise ProtocolError("not WireGuard")
        if kind == DATA:
            self._data += 1
            if self._waiting or self._data == 1:
                self._waiting = False
                latency = None if self._began is None else now - self._began
                self._began = None
                yield self._told(side, "established", b"", (data[4:8], False), (now, latency))
            return
        self._count += 1
        if self._count > MAX_TOLD:
            return
        sender, receiver, latency = data[4:8], b"", None
        if kind == INITIATION:
            self._asked.ask((side, sender), now, side=side, said="handshake")
            self._began = now
        else:
            receiver = data[8:12] if kind == RESPONSE else data[4:8]
            sender = data[4:8] if kind == RESPONSE else b""
            latency, _ = self._asked.answer((1 - side, receiver), now)
            self._waiting = kind == RESPONSE
        proof = kind != COOKIE and any(data[-16:])
        yield self._told(side, _KINDS[kind], sender, (receiver, proof), (now, latency))

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._count > MAX_TOLD or self._data > 4 * MAX_TOLD else 0

    def finish(self, now: int) -> Iterable[Observation]:
        """Requests that no answer was seen to."""
        return unanswered(now, self._asked) if self._reads and self._count <= MAX_TOLD else ()

    @staticmethod
    def _told(
        side: Direction, message: str, sender: bytes, other: tuple[bytes, bool], when: tuple[int, int | None]
    ) -> Observation:
        return WireguardHandshake(
            time=when[0],
            side=side,
            message=message,
            sender=sender[::-1].hex(),
            receiver=other[0][::-1].hex(),
            cookie=other[1],
            latency=when[1],
        )

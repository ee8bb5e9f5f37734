"""Gnutella: the handshake of two peers, which may end in TLS (Gnutella 0.6, section "Handshaking").

Recognised by its first line, on any port: `GNUTELLA CONNECT/0.6`, or `GNUTELLA/0.6 200 OK` of a peer whose
partner's words were not captured. Three heads like HTTP's are exchanged: offer, answer, and what was agreed
on; then come binary messages, which are not read, or TLS where both sides named it in `Upgrade`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire.lines import Lines, shown
from procwire.model.columns import Kind
from procwire.model.observation import Observation, Upgraded, says
from procwire.model.patterns import lazy

NAME = "gnutella"
PORTS = frozenset({("tcp", 6346), ("tcp", 6347)})
TRANSPORTS = frozenset({"tcp"})
FIRST = b"G"
SHAPES = {"tcp": Shape(starts=beginnings(b"GNUT"))}
ROAMS = True

MAX_LINE = 2048  # bytes of a header line
MAX_FIELDS = 128  # of one head
_WORDS = (b"GNUTELLA CONNECT/0.", b"GNUTELLA/0.")
_START = lazy(rb"GNUTELLA(?: CONNECT/(0\.[0-9])|/(0\.[0-9]) ([0-9]{3})(?: (.*))?)\Z", re.DOTALL)


class GnutellaHandshake(Observation, kw_only=True):
    """One head of a handshake."""

    TABLE = "gnutella"
    message: Annotated[str, says("connect or answer.")]
    version: Annotated[str, says("Protocol version.")]
    status: Annotated[int | None, says("Status code of an answer.")] = None
    reason: Annotated[str, says("Reason that goes with it.")] = ""
    user_agent: Annotated[str, says("Program, as it names itself.")] = ""
    listens: Annotated[str, says("Address and port where the peer takes connections.")] = ""
    seen_as: Annotated[str, says("Address that the other side is seen from.")] = ""
    ultrapeer: Annotated[str, says("Whether the peer is an ultrapeer, as it says.")] = ""
    upgrade: Annotated[str, says("Protocol that is offered or agreed on for what follows.")] = ""
    latency: Annotated[int | None, says("From the head that this answers.", kind=Kind.DURATION)] = None


OBSERVATIONS = (GnutellaHandshake,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """The first line, as far as the version."""
    if data.startswith(_WORDS):
        return Claim.YES
    return Claim.MORE if any(word.startswith(data) for word in _WORDS) else Claim.NO


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:  # noqa: ARG002
        self._sides = (Lines(MAX_LINE), Lines(MAX_LINE))
        self._heads: list[list[bytes]] = [[], []]  # of each side, the head that is not whole
        self._offered = [False, False]  # TLS, by each side
        self._count = [0, 0]
        self._last: int | None = None
        self._over = False

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """See contract.Parser."""
        lines, head = self._sides[side], self._heads[side]
        lines.push(data)
        while not self._over and (line := lines.next()) is not None:
            if line:
                head.append(line)
                if len(head) > MAX_FIELDS:
                    raise ProtocolError("too many fields")
            elif head:
                yield from self._whole(side, head, now)
                head.clear()

    def _whole(self, side: Direction, head: list[bytes], now: int) -> Iterator[Observation]:
        found = _START.match(head[0])
        if found is None:
            raise ProtocolError("not a handshake")
        pairs = (line.partition(b":") for line in head[1:])
        fields = {name.strip().lower(): shown(value.strip()) for name, _, value in pairs}
        status = int(found[3]) if found[3] else None
        upgrade = fields.get(b"upgrade", "")
        yield GnutellaHandshake(
            time=now,
            side=side,
            message="connect" if status is None else "answer",
            version=(found[1] or found[2]).decode("ascii"),
            status=status,
            reason=shown(found[4] or b""),
            user_agent=fields.get(b"user-agent", ""),
            listens=fields.get(b"listen-ip", fields.get(b"x-my-address", "")),
            seen_as=fields.get(b"remote-ip", ""),
            ultrapeer=fields.get(b"x-ultrapeer", ""),
            upgrade=upgrade,
            latency=None if status is None or self._last is None else now - self._last,
        )
        self._last = now
        agreed = upgrade or ("TLS" if "upgrade" in fields.get(b"connection", "").lower() else "")
        self._offered[side] = self._offered[side] or agreed.upper().startswith("TLS")
        self._count[side] += 1
        yield from self._ended(side, status, now)

    def _ended(self, side: Direction, status: int | None, now: int) -> Iterator[Observation]:
        """It is over with the third head, or where a peer refused."""
        if status is not None and status != 200:
            self._over = True
        elif sum(self._count) >= 3:
            self._over = True
            if all(self._offered):
                yield Upgraded(time=now, side=side, hint="tls")

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """See contract.Parser: without all of its heads, a handshake's end is not known."""
        self._over = True
        return iter(())

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return ENOUGH if self._over and not all(self._offered) else 0

    def remainder(self, side: Direction) -> bytes:
        """See contract: what followed the handshake."""
        return self._sides[side].rest()

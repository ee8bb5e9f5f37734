"""Bitcoin and networks of its kind: versions of both peers, and the kinds of messages they exchange.

Recognised by a network's magic and a command that is padded text (Bitcoin developer reference, "P2P network",
"Message headers"), on any port. Each kind of message is told once a side; contents of blocks and transactions
are passed over. The encrypted transport of BIP 324 looks like random bytes and is not recognised.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.wire.cursor import Cursor
from procwire.dpi.wire.cutter import Cutter
from procwire.dpi.wire.pending import Pending
from procwire.dpi.wire.text import plain
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "bitcoin"
PORTS = frozenset(
    {("tcp", 8333), ("tcp", 18333), ("tcp", 18444), ("tcp", 38333), ("tcp", 9333), ("tcp", 22556)}
)
TRANSPORTS = frozenset({"tcp"})
ROAMS = True

HEADER_BYTES = 24
MAX_MESSAGE = 32 << 20  # bytes; MAX_SIZE of the reference client
MAX_KINDS = 64  # kinds of messages told of one side

_NETWORKS = {
    bytes.fromhex("f9beb4d9"): "bitcoin", bytes.fromhex("0b110907"): "bitcoin-testnet",
    bytes.fromhex("1c163f28"): "bitcoin-testnet4", bytes.fromhex("fabfb5da"): "bitcoin-regtest",
    bytes.fromhex("0a03cf40"): "bitcoin-signet", bytes.fromhex("e3e1f3e8"): "bitcoin-cash",
    bytes.fromhex("fbc0b6db"): "litecoin", bytes.fromhex("c0c0c0c0"): "dogecoin",
    bytes.fromhex("bf0c6bbd"): "dash", bytes.fromhex("f9beb4fe"): "namecoin",
    bytes.fromhex("24e92764"): "zcash",
}  # fmt: skip
FIRST = bytes(sorted({magic[0] for magic in _NETWORKS}))


_ANSWERS = {b"verack": b"version", b"pong": b"ping", b"headers": b"getheaders", b"addr": b"getaddr"}


class BitcoinMessage(Observation, kw_only=True):
    """The first message of its kind of one side."""

    TABLE = "bitcoin"
    network: Annotated[str, says("Network, by its magic.")]
    command: Annotated[str, says("Kind of the message: version, inv, tx, block, ...")]
    version: Annotated[int | None, says("Version of the protocol that the peer speaks.")] = None
    user_agent: Annotated[str, says("Program of the peer.")] = ""
    height: Annotated[int | None, says("Last block that the peer has.")] = None
    latency: Annotated[int | None, says("From the message that it answers.", kind=Kind.DURATION)] = None


OBSERVATIONS = (BitcoinMessage,)


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """Magic, command and length."""
    if not any(magic.startswith(data[:4]) for magic in _NETWORKS):
        return Claim.NO
    if len(data) < 20:
        return Claim.MORE
    return Claim.YES if _sane(data, 0) else Claim.NO


def _sane(data: bytes, at: int) -> bool:
    command = data[at + 4 : at + 16].rstrip(b"\0")
    named = command.isalnum() and command.isascii()
    return named and int.from_bytes(data[at + 16 : at + 20], "little") <= MAX_MESSAGE


class Parser(Cutter):
    """See contract.Parser."""

    LOOK = 512

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.settled = True
        self._known: set[tuple[Direction, bytes]] = set()
        self._waiting = self.paired(Pending())

    def forget(self) -> None:
        """See Cutter."""
        self._waiting.clear()

    def measure(self, side: Direction, data: bytes, at: int) -> int:  # noqa: ARG002
        """See Cutter."""
        if len(data) - at < HEADER_BYTES:
            return 0
        if data[at : at + 4] not in _NETWORKS or not _sane(data, at):
            raise ProtocolError("no message of Bitcoin")
        return HEADER_BYTES + int.from_bytes(data[at + 16 : at + 20], "little")

    def message(self, side: Direction, data: bytes, size: int, now: int) -> Iterable[Observation] | None:  # noqa: ARG002
        """See Cutter."""
        command, latency = data[4:16].rstrip(b"\0"), None
        if command in _ANSWERS:
            latency, _ = self._waiting.answer((1 - side, _ANSWERS[command]), now)
        elif command in _ANSWERS.values():
            self._waiting.ask((side, command), now, side=side)
        if (side, command) in self._known or len(self._known) >= 2 * MAX_KINDS:
            return None
        self._known.add((side, command))
        told = _version(Cursor(data, HEADER_BYTES, "little")) if command == b"version" else {}
        network = _NETWORKS[data[:4]]
        words = plain(command)
        return (BitcoinMessage(time=now, side=side, network=network, command=words, latency=latency, **told),)


def _version(body: Cursor) -> dict[str, Any]:
    version = body.u32()
    body.take(8 + 8 + 26 + 26 + 8)
    size = body.u8()
    agent = plain(body.take(size)) if size < 0xFD else ""
    return {"version": version, "user_agent": agent, "height": body.u32() if body.left >= 4 else None}

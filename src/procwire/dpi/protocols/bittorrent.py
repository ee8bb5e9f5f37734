"""BitTorrent: peers over TCP and uTP, the DHT, trackers over UDP, peers on the link (BEP 3, 5, 14, 15, 29).

Recognised by fixed beginnings: the handshake, a bencoded message with the DHT's keys, a tracker's connect,
a local announcement. uTP by its first packet, or by an answer that names its connection. Pieces are not
read. Encrypted peers (message stream encryption) are not recognised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction, ProtocolError, Shape, beginnings
from procwire.dpi.wire import bencode
from procwire.dpi.wire.bittorrent_peer import HANDSHAKE, START, STATE, SYN, abilities, client, utp
from procwire.dpi.wire.bittorrent_tracker import CONNECT, Tracker
from procwire.dpi.wire.lines import shown
from procwire.dpi.wire.pending import Pending, unanswered
from procwire.model.columns import Kind
from procwire.model.observation import Observation, says

NAME = "bittorrent"
PORTS = frozenset((over, port) for over in ("tcp", "udp") for port in range(6881, 6890))
TRANSPORTS = frozenset({"tcp", "udp"})
FIRST = b"\x13d\x00\x01\x11\x21\x31\x41B"
ROAMS = True

MAX_TOLD = 128  # messages of one flow that are told
MAX_HELD = 1 << 14  # behind a handshake, until the extensions' own
_LOCAL = b"BT-SEARCH * HTTP/1.1\r\n"
_KINDS = {b"q": "query", b"r": "response", b"e": "error"}


class BittorrentHandshake(Observation, kw_only=True):
    """A peer began: what it is after and who it is."""

    TABLE = "bittorrent"
    message: Annotated[str, says("handshake.")] = "handshake"
    info_hash: Annotated[str, says("Identifies the torrent, in hex.")]
    client: Annotated[str, says("Client and version, as its peer id or its extensions name them.")]
    abilities: Annotated[tuple[str, ...], says("What the peer says it can do.")]
    over: Annotated[str, says("tcp or utp.")]


class DhtMessage(Observation, kw_only=True):
    """A message of the distributed hash table."""

    TABLE = "bittorrent_dht"
    message: Annotated[str, says("query, response or error.")]
    query: Annotated[str, says("ping, find_node, get_peers, announce_peer, ...")]
    info_hash: Annotated[str, says("Torrent or node that is looked for, in hex.")]
    node: Annotated[str, says("Id of the node that speaks, in hex.")]
    peers: Annotated[int, says("Peers in the answer.")]
    version: Annotated[str, says("Client's version, in hex or as text.")]
    latency: Annotated[int | None, says("From the query to this.", kind=Kind.DURATION)] = None


class BittorrentUdp(Observation, kw_only=True):
    """A tracker was asked, a peer announced itself on the link, or uTP began."""

    TABLE = "bittorrent_udp"
    message: Annotated[
        str,
        says("tracker-connect, -announce, -scrape, tracker-answer, tracker-error, local-announce or utp."),
    ]
    info_hash: Annotated[str, says("Torrent that is announced, in hex.")] = ""
    client: Annotated[str, says("Client and version, as the id that it announces names them.")] = ""
    event: Annotated[str, says("Why it is announced: started, completed, stopped; empty in between.")] = ""
    query: Annotated[str, says("The question to a tracker that this answers, where seen.")] = ""
    peers: Annotated[int | None, says("Peers in a tracker's answer.")] = None
    seeders: Annotated[int | None, says("Peers that have all of it, by the tracker.")] = None
    leechers: Annotated[int | None, says("Peers that have not, by the tracker.")] = None
    error: Annotated[str, says("What the tracker refused with.")] = ""
    latency: Annotated[int | None, says("From the question to this answer.", kind=Kind.DURATION)] = None


OBSERVATIONS = (BittorrentHandshake, DhtMessage, BittorrentUdp)

_BEGINNINGS = (b"d1:a", b"d1:r", b"d1:e", b"d2:i", b"d1:q", START[:8], _LOCAL[:8], CONNECT[:8])
SHAPES = {
    "tcp": Shape(starts=beginnings(START[:8])),
    "udp": Shape(starts=(*beginnings(*_BEGINNINGS), {0: b"\x01\x11\x21\x31\x41", 1: b"\0\1\2\3"})),
}


def claims(data: bytes, side: Direction, context: Context) -> Claim:  # noqa: ARG001
    """One of the fixed beginnings."""
    if context.transport == "tcp":
        if data.startswith(START):
            return Claim.YES
        return Claim.MORE if START.startswith(data) else Claim.NO
    if data[:1] == b"d":
        return Claim.YES if _dht(data) is not None else Claim.NO
    if data.startswith((START, _LOCAL)) or (len(data) == 16 and data.startswith(CONNECT)):
        return Claim.YES
    packet = utp(data)
    if packet is None:
        return Claim.NO
    kind, _, sequence, acknowledged, rest = packet
    if kind == SYN:  # nothing is acknowledged, nothing measured, nothing carried
        plain = sequence == 1 and not acknowledged and not any(data[8:12]) and not rest
        return Claim.YES if plain else Claim.NO
    return Claim.YES if rest.startswith(START) else Claim.MORE


def confirm(seen: list[tuple[Direction, bytes]], context: Context) -> bool:  # noqa: ARG001
    """uTP whose two sides name one connection: ids differ by one at most, numbers are acknowledged."""
    side, last = seen[-1]
    packet = utp(last)
    if packet is None:
        return False
    for other, data in seen[:-1]:
        before = utp(data)
        if other == side or before is None or abs(before[1] - packet[1]) > 1:
            continue
        if packet[3] and 0 <= (before[2] - packet[3]) & 0xFFFF <= 16 and data[4:8] != last[4:8]:
            return True
    return False


def _dht(data: bytes) -> dict[bytes, Any] | None:
    """A message of the DHT (BEP 5), or None."""
    if not data.startswith((b"d1:a", b"d1:r", b"d1:e", b"d2:ip", b"d1:q")) or b"1:y1:" not in data:
        return None
    try:
        found = bencode.read(data)
    except ProtocolError:
        return None
    return found if found.get(b"y") in _KINDS and isinstance(found.get(b"t"), bytes) else None


class Parser:
    """See contract.Parser."""

    def __init__(self, context: Context) -> None:
        self._stream = context.transport == "tcp"
        self._held = [bytearray(), bytearray()]
        self._over = "tcp" if self._stream else "utp"
        self._done = [False, False]
        self._told = context.told
        self._asked = Pending()
        self._count = 0
        self._utp = False
        self._tracker: Tracker | None = None

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterator[Observation]:
        """One datagram, or a stream's next bytes."""
        if self._stream:
            if not self._done[side]:
                yield from self._peer(side, data, now)
            return
        self._count += 1
        if self._count > MAX_TOLD:
            return
        if data[:1] == b"d":
            yield self._node(side, data, now)
        elif data.startswith(_LOCAL):
            yield _announced(side, data, now)
        elif self._tracker is not None or (data.startswith(CONNECT) and len(data) >= 16):
            self._tracker = self._tracker or Tracker(side, self._asked)
            if told := self._tracker.read(side, data, now):
                yield BittorrentUdp(time=now, side=side, **told)
        elif (packet := utp(data)) is not None:
            if not self._utp:
                self._utp = True
                yield BittorrentUdp(time=now, side=side, message="utp")
            if packet[0] != STATE and packet[4] and not self._done[side]:
                yield from self._peer(side, packet[4], now)
        elif self._count == 1:
            raise ProtocolError("not BitTorrent")

    def gap(self, side: Direction, size: int, *, now: int) -> Iterator[Observation]:  # noqa: ARG002
        """Only the beginning matters."""
        self._done[side] = True
        return iter(())

    def skip(self, side: Direction) -> int:
        """See contract.Parser: what follows the handshake is not needed."""
        if self._stream:
            return ENOUGH if self._done[side] else 0
        return ENOUGH if self._count > MAX_TOLD else 0

    def finish(self, now: int) -> Iterable[Observation]:
        """Requests that no answer was seen to."""
        return unanswered(now, self._asked) if self._told and self._count <= MAX_TOLD else ()

    def _peer(self, side: Direction, data: bytes, now: int) -> Iterator[Observation]:
        held = self._held[side]
        held += data
        if not START.startswith(bytes(held[:20])):
            if self._stream:
                raise ProtocolError("not a handshake")
            self._done[side] = True  # encrypted, or not from its start
            return
        if len(held) < HANDSHAKE:
            return
        self._done[side] = True
        yield BittorrentHandshake(
            time=now,
            side=side,
            info_hash=held[28:48].hex(),
            client=client(bytes(held[48:68])),
            abilities=abilities(bytes(held[20:28])),
            over=self._over,
        )
        held.clear()

    def _node(self, side: Direction, data: bytes, now: int) -> Observation:
        found = _dht(data)
        if found is None:
            raise ProtocolError("not a message of the DHT")
        asked = found.get(b"a")
        answer = found.get(b"r")
        body = asked if isinstance(asked, dict) else answer if isinstance(answer, dict) else {}
        target = body.get(b"info_hash") or body.get(b"target") or b""
        query, latency = found.get(b"q", b""), None
        if found[b"y"] == b"q":
            self._asked.ask((side, found[b"t"]), now, query, side=side, said=shown(_raw(query), 32))
        else:
            latency, note = self._asked.answer((1 - side, found[b"t"]), now)
            query = note or b""
        peers = body.get(b"values")
        return DhtMessage(
            time=now,
            side=side,
            message=_KINDS[found[b"y"]],
            query=shown(_raw(query), 32),
            info_hash=_raw(target)[:32].hex(),
            node=_raw(body.get(b"id"))[:20].hex(),
            peers=len(peers) if isinstance(peers, list) else 0,
            version=shown(_raw(found.get(b"v")), 16),
            latency=latency,
        )


def _raw(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""


def _announced(side: Direction, data: bytes, now: int) -> Observation:
    """BEP 14."""
    _, _, rest = data[:2048].lower().partition(b"infohash:")
    word = rest.split(b"\r")[0].strip()
    return BittorrentUdp(time=now, side=side, message="local-announce", info_hash=shown(word, 64))

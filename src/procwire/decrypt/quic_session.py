"""One QUIC connection under its keys: packets in, stream bytes in order out (RFC 9000, RFC 9001, RFC 9369).

Initial packets give the hellos; behind them are Handshake, 0-RTT and 1-RTT packets, coalesced or not,
with key updates and changing connection ids. Packets whose keys are not known yet
are held, at most MAX_BACKLOG_BYTES. A datagram that does not open is counted and changes nothing.
"""

from __future__ import annotations

from collections import Counter

from procwire.decrypt import keylog as log
from procwire.decrypt import quic_frames
from procwire.decrypt.backlog import Backlog
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.ordered import Ordered
from procwire.decrypt.quic_cipher import PacketCipher
from procwire.decrypt.reasons import MALFORMED, NO_KEY, NO_SUITE, NOT_AUTHENTIC
from procwire.decrypt.records import Messages
from procwire.decrypt.session import CLIENT_HELLO, SERVER_HELLO, TLS13_SUITES
from procwire.decrypt.suites import Suite, suite_of
from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire import quic_initial, quic_packet, tls_hello
from procwire.dpi.wire.quic_connection import Connections
from procwire.dpi.wire.quic_packet import HANDSHAKE, INITIAL, MAX_ID_BYTES, RETRY, ZERO_RTT, LongPacket

MAX_BACKLOG_BYTES = 1 << 18
MAX_STREAMS = 1024  # held at once of one connection; the one that was begun first goes
MAX_PACKETS = 16  # of one datagram
MAX_LENGTHS = 4  # lengths of connection ids that are tried
MAX_IDS = 256  # connection ids that are remembered of one connection

_SIDES = (Direction.OUT, Direction.IN)
EARLY, SHAKE, TRAFFIC = "early", "handshake", "traffic"
Pending = tuple[int, str, bytes, int, int, int]  # side, level, datagram, start, number at, end
Said = tuple[int, int, int, bytes, bool]  # side, stream, bytes missing before, bytes, whether it ends


class QuicSession:
    """See the module."""

    def __init__(self, keys: KeyLog) -> None:
        self._log = keys
        self._generation = -1
        self._connections = Connections()
        self.client = 0
        self.version = 0
        self.suite: Suite | None = None
        self.number = 0
        self.random = b""
        self.opened = 0
        self.failed: Counter[str] = Counter()
        self.messages: list[tuple[int, int, bytes]] = []  # handshake messages: side, type, body; to be taken
        self.evicted = 0
        self.ids: set[bytes] = set()  # that packets which opened have named
        self.fresh_ids: list[tuple[bytes, int]] = []  # and the side that sends to them; to be taken
        self._phases = 0
        self._early_suites: tuple[int, ...] = ()
        self._ciphers: dict[tuple[int, str], PacketCipher] = {}
        self._id_bytes: tuple[list[int], list[int]] = ([], [])  # lengths of the ids a side may send to
        self._crypto: dict[tuple[int, str], tuple[Ordered, Messages]] = {}
        self._streams: dict[tuple[int, int], Ordered] = {}
        self.backlog: Backlog[Pending] = Backlog(keys, self.failed, MAX_BACKLOG_BYTES)

    @property
    def phases(self) -> int:
        """Key updates that were followed."""
        return self._phases + sum(cipher.phases for cipher in self._ciphers.values())

    @property
    def waiting(self) -> bool:
        """Whether packets are held for keys to come."""
        return bool(self.backlog)

    @property
    def hopeless(self) -> bool:
        """Whether nothing can be read any more."""
        if not self.random or not self.number:
            return False
        lost = self._log.complete or self.backlog.overflowed
        return self.suite is None or (lost and self._log.get(self.random) is None)

    def feed(self, side: int, data: bytes) -> list[Said]:
        """One datagram; returns what it completes of the streams."""
        found: list[Said] = []
        if self.backlog and self._generation != self._log.generation:
            self._retry(found)
        at = 0
        for _ in range(MAX_PACKETS):
            if at >= len(data):
                break
            if not data[at] & 0xC0:
                break  # padding of the datagram: every packet has one of the two bits (RFC 9000 section 17)
            if not data[at] & 0x80:
                self._short(side, data, at, found)
                break
            packet = quic_packet.read_long(data, at)
            if packet is None or packet.kind > RETRY:
                break
            self._learn(1 - side, len(packet.scid))
            if packet.kind in (HANDSHAKE, ZERO_RTT):
                level = EARLY if packet.kind == ZERO_RTT else SHAKE
                if self._packet((side, level, data, packet.start, packet.payload, packet.end), found):
                    self._name(packet.scid, 1 - side)
            elif packet.kind == INITIAL:
                self._initial(side, data, packet, found)
            else:
                break
            at = packet.end
        return found

    def finish(self) -> list[Said]:
        """The flow is over: a last try, then what waits for holes is given as it is."""
        found: list[Said] = []
        self._retry(found)
        self.backlog.give_up()
        for (side, number), stream in self._streams.items():
            found += [(side, number, gap, data, stream.ended) for gap, data in stream.give_up()]
        self._phases = self.phases
        self._ciphers.clear()
        if self.random:
            self._log.forget(self.random)
        return found

    # Packets.

    def _learn(self, side: int, length: int) -> None:
        """A side may send to ids of this length. Anybody can claim so: the last few are all tried."""
        known = self._id_bytes[side]
        if length not in known and length <= MAX_ID_BYTES:
            known.append(length)
            del known[:-MAX_LENGTHS]

    def _short(self, side: int, data: bytes, at: int, found: list[Said]) -> None:
        """A 1-RTT packet; how long its connection id is cannot be read from it (RFC 9000 section 17.3)."""
        known = self._id_bytes[side]
        for length in known[::-1]:
            pending = (side, TRAFFIC, data, at, at + 1 + length, len(data))
            cipher = self._cipher(side, TRAFFIC, pending)
            if cipher is None:
                self._hold(pending)
                return
            opened = cipher.open(*pending[2:])
            if opened is not None:
                known.remove(length)
                known.append(length)
                self.opened += 1
                self._frames(side, TRAFFIC, opened.frames, found)
                return
        self.failed[NOT_AUTHENTIC] += 1

    def _name(self, identity: bytes, sender: int) -> None:
        """A connection id that ``sender`` may send to."""
        if identity not in self.ids and len(self.ids) < MAX_IDS:
            self.ids.add(identity)
            self.fresh_ids.append((identity, sender))

    def _packet(self, pending: Pending, found: list[Said]) -> bool:
        """Whether it opened."""
        side, level, data, start, at, end = pending
        cipher = self._cipher(side, level, pending)
        if cipher is None:
            self._hold(pending)
            return False
        opened = cipher.open(data, start, at, end)
        if opened is None:
            self.failed[NOT_AUTHENTIC] += 1
            return False
        self.opened += 1
        self._frames(side, level, opened.frames, found)
        return True

    def _hold(self, pending: Pending) -> None:
        size = pending[5] - pending[3]
        if self.number and self.suite is None:
            self.failed[NO_SUITE] += 1
        elif self._log.complete and self.number:
            self.failed[NO_KEY] += 1
        else:
            side, level, data, start, at, end = pending
            self.backlog.hold((side, level, data[start:end], 0, at - start, size), size)

    def _retry(self, found: list[Said]) -> None:
        self._generation = self._log.generation
        for pending in self.backlog.take_all():
            if pending[1] == TRAFFIC:
                self._short(pending[0], pending[2], pending[3], found)
            else:
                self._packet(pending, found)

    # Hellos.

    def _initial(self, side: int, data: bytes, packet: LongPacket, found: list[Said]) -> None:
        opened = self._connections.open(_SIDES[side], data, packet)
        if opened is None:
            self.failed[NOT_AUTHENTIC] += 1
            return
        connection, frames = opened
        self._name(packet.scid, 1 - side)
        quic_initial.read_frames(frames, connection.streams[side])
        while (message := connection.streams[side].next_message()) is not None:
            try:
                self._hello(int(connection.client), packet.version, *message)
            except ProtocolError:
                self.failed[MALFORMED] += 1
            if self.backlog:
                self._retry(found)

    def _hello(self, client: int, version: int, kind: int, body: bytes) -> None:
        if kind == CLIENT_HELLO:
            hello = tls_hello.read_client_hello(body)
            self.client, self.version, self.random = client, version, hello.random
            offered = hello.ciphers
            numbers = [int.from_bytes(offered[at : at + 2], "big") for at in range(0, len(offered) - 1, 2)]
            self._early_suites = tuple(number for number in numbers if number in TLS13_SUITES)
        elif kind == SERVER_HELLO and not self.number:
            hello = tls_hello.read_server_hello(body)
            self.version = version
            if hello.random != tls_hello.HELLO_RETRY_RANDOM:
                self.number = int.from_bytes(hello.ciphers[:2], "big")
                self.suite = suite_of(self.number) if self.number in TLS13_SUITES else None

    # Keys.

    def _cipher(self, side: int, level: str, pending: Pending) -> PacketCipher | None:
        cipher = self._ciphers.get((side, level))
        if cipher is not None or not self.random:
            return cipher
        known = self._log.get(self.random)
        client = side == self.client
        label = {
            EARLY: log.CLIENT_EARLY,
            SHAKE: log.CLIENT_HANDSHAKE if client else log.SERVER_HANDSHAKE,
            TRAFFIC: log.CLIENT_TRAFFIC if client else log.SERVER_TRAFFIC,
        }[level]
        secret = known.get(label) if known is not None else None
        if secret is None or (self.suite is None and level != EARLY):
            return None
        vault = self._log.vault
        if self.suite is not None:
            cipher = PacketCipher(self.suite, secret.view, vault, self.version)
        else:
            cipher = self._early(secret.view, pending)
        if cipher is not None:
            self._ciphers[side, level] = cipher
        return cipher

    def _early(self, secret: memoryview, pending: Pending) -> PacketCipher | None:
        """0-RTT comes before the server has chosen: the suite that opens the packet is the one."""
        _, _, data, start, at, end = pending
        for number in self._early_suites:
            suite = suite_of(number)
            if suite is not None and len(secret) == (48 if suite.digest == "sha384" else 32):
                cipher = PacketCipher(suite, secret, self._log.vault, self.version)
                if cipher.open(data, start, at, end) is not None:
                    return cipher
        return None

    # Frames.

    def _frames(self, side: int, level: str, frames: bytes, found: list[Said]) -> None:
        for frame in quic_frames.read(frames):
            if frame.kind == quic_frames.CRYPTO:
                self._handshake(side, level, frame)
            elif frame.kind == quic_frames.STREAM_FIRST:
                stream = self._stream(side, frame.stream)
                for gap, data in stream.add(frame.offset, frame.data, fin=frame.fin):
                    found.append((side, frame.stream, gap, data, stream.ended))
                if stream.ended and not frame.data:
                    found.append((side, frame.stream, 0, b"", True))
            elif frame.kind == quic_frames.NEW_CONNECTION_ID:
                self._learn(1 - side, len(frame.data))
                self._name(frame.data, 1 - side)

    def _handshake(self, side: int, level: str, frame: quic_frames.Frame) -> None:
        stream, messages = self._crypto.setdefault((side, level), (Ordered(), Messages()))
        for gap, data in stream.add(frame.offset, frame.data):
            if gap:
                messages.clear()
            self.messages += [(side, kind, body) for kind, body in messages.feed(data)]

    def _stream(self, side: int, number: int) -> Ordered:
        found = self._streams.get((side, number))
        if found is None:
            if len(self._streams) >= MAX_STREAMS:
                done = next((key for key, stream in self._streams.items() if stream.ended), None)
                del self._streams[done if done is not None else next(iter(self._streams))]
                self.evicted += 1
            found = self._streams[side, number] = Ordered()
        return found

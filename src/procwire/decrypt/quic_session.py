"""One QUIC connection under its keys: packets in, stream bytes in order out (RFC 9000, RFC 9001, RFC 9369).

Initial packets give the hellos; behind them are Handshake, 0-RTT and 1-RTT packets, coalesced or not,
with key updates and changing connection ids. Packets whose keys are not known yet
are held, at most MAX_BACKLOG_BYTES. A datagram that does not open is counted and changes nothing.

Whoever sees a connection's first packet can write Initial packets of it, and anybody some of their own. So
hellos only add what may be spoken; what is, packets show that open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from procwire.decrypt import keylog as log
from procwire.decrypt import quic_frames
from procwire.decrypt.backlog import Backlog
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import late
from procwire.decrypt.ordered import Ordered, Piece
from procwire.decrypt.quic_cipher import Opened, PacketCipher
from procwire.decrypt.reasons import MALFORMED, NO_SUITE, NOT_AUTHENTIC
from procwire.decrypt.records import Messages
from procwire.decrypt.session import CLIENT_HELLO, SERVER_HELLO, TLS13_SUITES
from procwire.decrypt.suites import Suite, suite_of
from procwire.decrypt.vault import Secret
from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire import quic_initial, quic_packet, tls_hello
from procwire.dpi.wire.quic_connection import Connections
from procwire.dpi.wire.quic_packet import HANDSHAKE, INITIAL, MAX_ID_BYTES, RETRY, ZERO_RTT, LongPacket

MAX_BACKLOG_BYTES = 1 << 18
MAX_STREAMS = 1024  # held at once of one connection; the one that was begun first goes
MAX_PACKETS = 16  # of one datagram
MAX_ASKED = 4  # clients' hellos with randoms of their own
MAX_ANSWERS = 4  # suites and versions that servers' hellos name
MAX_MESSAGES = 64  # handshake messages that are kept
MAX_WAITING_BYTES = 4 << 20  # behind holes of all streams together
MAX_IDS = 256  # connection ids that are remembered of one connection

_SIDES = (Direction.OUT, Direction.IN)
EARLY, SHAKE, TRAFFIC = "early", "handshake", "traffic"
Pending = tuple[int, str, bytes, int, int, int]  # side, level, datagram, start, number at, end
Said = tuple[int, int, int, bytes, bool]  # side, stream, bytes missing before, bytes, whether it ends


class Asked(NamedTuple):
    """A client's hello."""

    client: int  # its side
    version: int
    random: bytes
    suites: tuple[int, ...]


class QuicSession:
    """See the module. ``client`` to ``number`` are of the hellos under whose keys a packet opened last; until
    one has, of the first."""

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
        self._asked: list[Asked] = []
        self._answers: list[tuple[int, int]] = []  # suite and version
        self._made: dict[tuple[int, str, bytes, int, int], PacketCipher] = {}  # all that may open something
        self._proven: dict[tuple[int, str], list[PacketCipher]] = {}  # and those that have
        self._waiting_bytes = 0
        self._id_bytes: tuple[list[int], list[int]] = ([], [])  # lengths of the ids a side may send to
        self._crypto: dict[tuple[int, str], tuple[Ordered, Messages]] = {}
        self._streams: dict[tuple[int, int], Ordered] = {}
        self.now = 0  # set by who feeds, see late.py
        self.backlog: Backlog[tuple[int, Pending]] = Backlog(keys, self.failed, MAX_BACKLOG_BYTES)

    @property
    def phases(self) -> int:
        """Key updates that were followed."""
        return self._phases + sum(cipher.phases for cipher in self._made.values())

    @property
    def waiting(self) -> bool:
        """Whether packets are held for keys to come."""
        return bool(self.backlog)

    @property
    def hopeless(self) -> bool:
        """Whether nothing can be read any more."""
        if not self.random or not self.number:
            return False
        if all(number not in TLS13_SUITES for number, _ in self._answers):
            return True
        lost = self._log.complete or self.backlog.overflowed
        return lost and all(self._log.get(asked.random) is None for asked in self._asked)

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
        self._made.clear()
        self._proven.clear()
        for asked in self._asked:
            self._log.forget(asked.random)
        self._asked = []
        return found

    # Packets.

    def _learn(self, side: int, length: int) -> None:
        """A side may send to ids of this length. Anybody can claim so: all are tried, the last good first."""
        known = self._id_bytes[side]
        if length not in known and length <= MAX_ID_BYTES:
            known.insert(0, length)

    def _short(self, side: int, data: bytes, at: int, found: list[Said]) -> None:
        """A 1-RTT packet; how long its connection id is cannot be read from it (RFC 9000 section 17.3)."""
        known = self._id_bytes[side]
        for length in known[::-1]:
            pending = (side, TRAFFIC, data, at, at + 1 + length, len(data))
            ready, opened = self._open(pending)
            if not ready:
                self._hold(pending)
                return
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
        ready, opened = self._open(pending)
        if not ready:
            self._hold(pending)
            return False
        if opened is None:
            self.failed[NOT_AUTHENTIC] += 1
            return False
        self.opened += 1
        self._frames(pending[0], pending[1], opened.frames, found)
        return True

    def _hold(self, pending: Pending) -> None:
        size = pending[5] - pending[3]
        if self.number and self.suite is None and len(self._answers) == 1:
            self.failed[NO_SUITE] += 1
        elif self._log.complete and self.number:
            self.failed[self._log.absent] += 1
        else:
            side, level, data, start, at, end = pending
            self.backlog.hold((self.now, (side, level, data[start:end], 0, at - start, size)), size)

    def _retry(self, found: list[Said]) -> None:
        self._generation = self._log.generation
        now = self.now
        for at, pending in self.backlog.take_all():
            before, self.now = len(found), at
            if pending[1] == TRAFFIC:
                self._short(pending[0], pending[2], pending[3], found)
            else:
                self._packet(pending, found)
            found[before:] = [late(said, at) for said in found[before:]]
        self.now = now

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
            listed = hello.ciphers
            numbers = [int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed) - 1, 2)]
            suites = tuple(number for number in TLS13_SUITES if number in numbers)
            self._ask(Asked(client, version, hello.random, suites))
        elif kind == SERVER_HELLO:
            hello = tls_hello.read_server_hello(body)
            answer = int.from_bytes(hello.ciphers[:2], "big"), version
            if hello.random == tls_hello.HELLO_RETRY_RANDOM or answer in self._answers:
                return
            if len(self._answers) < MAX_ANSWERS:
                self._answers.append(answer)
                if len(self._answers) == 1:
                    self._settle(self._asked[0] if self._asked else None, answer)

    def _ask(self, asked: Asked) -> None:
        """A client's hello; after a Retry it comes again with the same random."""
        for place, known in enumerate(self._asked):
            if known.random == asked.random:
                self._asked[place] = asked
                return
        if len(self._asked) < MAX_ASKED:
            self._asked.append(asked)
            self._log.join(asked.random)
            if len(self._asked) == 1:
                self.client, self.version, self.random = asked[:3]

    def _settle(self, asked: Asked | None, answer: tuple[int, int]) -> None:
        """These are the hellos of the connection, as far as is known."""
        if asked is not None:
            self.client, self.random = asked.client, asked.random
        self.number, self.version = answer
        self.suite = suite_of(self.number) if self.number in TLS13_SUITES else None

    # Keys.

    def _open(self, pending: Pending) -> tuple[bool, Opened | None]:
        """Whether keys are there that a packet may be under, and what they open."""
        side, level = pending[:2]
        proven = self._proven.get((side, level), [])
        for cipher in proven:
            opened = cipher.open(*pending[2:])
            if opened is not None:
                return True, opened
        ready = bool(proven)
        for asked, answer, cipher in self._candidates(side, level):
            ready = True
            opened = None if cipher in proven else cipher.open(*pending[2:])
            if opened is not None:
                self._proven[side, level] = [cipher, *proven]
                if level != EARLY:
                    self._settle(asked, answer)
                return True, opened
        return ready, None

    def _candidates(self, side: int, level: str) -> Iterator[tuple[Asked, tuple[int, int], PacketCipher]]:
        """By each pair of hellos; 0-RTT comes before the server has chosen, under a suite of the offer."""
        for asked in self._asked:
            known = self._log.get(asked.random)
            client = side == asked.client
            label = {
                EARLY: log.CLIENT_EARLY,
                SHAKE: log.CLIENT_HANDSHAKE if client else log.SERVER_HANDSHAKE,
                TRAFFIC: log.CLIENT_TRAFFIC if client else log.SERVER_TRAFFIC,
            }[level]
            secret = known.get(label) if known is not None else None
            early = [(number, asked.version) for number in asked.suites] if level == EARLY else None
            for answer in self._answers if early is None else early:
                cipher = (
                    None if secret is None else self._cipher((side, level, asked.random, *answer), secret)
                )
                if cipher is not None:
                    yield asked, answer, cipher

    def _cipher(self, key: tuple[int, str, bytes, int, int], secret: Secret) -> PacketCipher | None:
        cipher = self._made.get(key)
        if cipher is None:
            number, version = key[3:]
            suite = suite_of(number) if number in TLS13_SUITES else None
            if suite is None or len(secret) != (48 if suite.digest == "sha384" else 32):
                return None
            cipher = self._made[key] = PacketCipher(suite, secret.view, self._log.vault, version)
        return cipher

    # Frames.

    def _frames(self, side: int, level: str, frames: bytes, found: list[Said]) -> None:
        for frame in quic_frames.read(frames):
            if frame.kind == quic_frames.CRYPTO:
                self._handshake(side, level, frame)
            elif frame.kind == quic_frames.STREAM_FIRST:
                stream = self._stream(side, frame.stream)
                for gap, data in self._add(stream, frame):
                    found.append((side, frame.stream, gap, data, stream.ended))
                if stream.ended and not frame.data:
                    found.append((side, frame.stream, 0, b"", True))
            elif frame.kind == quic_frames.NEW_CONNECTION_ID:
                self._learn(1 - side, len(frame.data))
                self._name(frame.data, 1 - side)

    def _add(self, stream: Ordered, frame: quic_frames.Frame) -> list[Piece]:
        """A stream's next pieces; where too much waits in all streams, its first hole is given up."""
        before = stream.waiting_bytes
        pieces = stream.add(frame.offset, frame.data, fin=frame.fin)
        if self._waiting_bytes + stream.waiting_bytes - before > MAX_WAITING_BYTES:
            pieces += stream.give_up()
        self._waiting_bytes += stream.waiting_bytes - before
        return pieces

    def _handshake(self, side: int, level: str, frame: quic_frames.Frame) -> None:
        stream, messages = self._crypto.setdefault((side, level), (Ordered(), Messages()))
        for gap, data in stream.add(frame.offset, frame.data):
            if gap:
                messages.clear()
            whole = [(side, kind, body) for kind, body in messages.feed(data)]
            self.messages += whole[: MAX_MESSAGES - len(self.messages)]

    def _stream(self, side: int, number: int) -> Ordered:
        found = self._streams.get((side, number))
        if found is None:
            if len(self._streams) >= MAX_STREAMS:
                done = next((key for key, stream in self._streams.items() if stream.ended), None)
                gone = self._streams.pop(done if done is not None else next(iter(self._streams)))
                self._waiting_bytes -= gone.waiting_bytes
                self.evicted += 1
            found = self._streams[side, number] = Ordered()
        return found

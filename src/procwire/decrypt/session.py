# cython: language_level=3
"""One TLS connection under its keys: records in, content in clear out (RFC 8446, RFC 5246 and before).

Follows the handshake by its messages, clear or decrypted: hellos choose version and suite, a server's hello,
Finished, KeyUpdate, EndOfEarlyData and ChangeCipherSpec change keys, a hello inside the connection is a
renegotiation. What cannot be opened is counted by its reason. Records whose keys are not known yet are held,
at most MAX_BACKLOG_BYTES a side, and opened when the key log has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import cython

from procwire.decrypt import keylog as log
from procwire.decrypt.backlog import Backlog
from procwire.decrypt.ciphers import Agreed, Cipher, Modern, Opened, legacy_pair
from procwire.decrypt.early import TLS13_SUITES, early_cipher
from procwire.decrypt.keylog import Secrets
from procwire.decrypt.late import late
from procwire.decrypt.reasons import LOST, MALFORMED, NO_SUITE, NOT_AUTHENTIC
from procwire.decrypt.records import Record
from procwire.decrypt.schedule import next_secret
from procwire.decrypt.suites import Suite, suite_of
from procwire.decrypt.vault import Secret
from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire.tls_hello import TLS13, Hello
from procwire.dpi.wire.tls_record import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE

if cython.compiled:
    from cython.cimports.procwire.decrypt.half import Half
    from cython.cimports.procwire.decrypt.keylog import KeyLog
else:
    from procwire.decrypt.half import Half
    from procwire.decrypt.keylog import KeyLog

MAX_BACKLOG_BYTES = 1 << 18
MAX_HANDSHAKES = 8  # of one connection whose secrets are kept, beside those of the last

CLIENT_HELLO, SERVER_HELLO, END_OF_EARLY_DATA, FINISHED, KEY_UPDATE = 1, 2, 5, 20, 24
ENCRYPT_THEN_MAC = 22  # extension, RFC 7366

Content = tuple[int, int, bytes]  # side, content type, bytes in clear (of a handshake: type and body)
_NOTHING: tuple[Content, ...] = ()


@cython.cclass
class Session:
    """Both directions. ``feed`` returns content in the order in which it was sent on each side.

    ``opened`` counts records that were opened, ``failed`` those that stayed shut by reason. ``now`` is set by
    who feeds: what waits is told of at its time, see late.py.
    """

    _log: KeyLog
    _generation: cython.longlong
    halves: tuple[Half, Half]
    client: cython.int
    version: cython.int
    suite: Suite | None
    number: cython.int  # of the suite
    randoms: list[bytes]  # of clients' hellos seen; several after renegotiations
    records: cython.longlong  # seen so far
    now: cython.longlong
    _order: cython.longlong  # of the record in hand
    opened: cython.longlong
    failed: Any
    _mac_after: cython.bint
    _early: cython.bint
    _server_random: bytes
    _offered: bytes  # suites of the client's last hello
    _next: list[Cipher | None]  # for ChangeCipherSpec

    def __init__(self, keys: KeyLog) -> None:
        self._log = keys
        self._generation = -1
        self.failed: Counter[str] = Counter()
        one, other = (Half(Backlog(keys, self.failed, MAX_BACKLOG_BYTES)) for _ in range(2))
        self.halves = (one, other)
        self.client = 0
        self.version = 0
        self.suite = None
        self.number = 0
        self.randoms = []
        self.records = self.opened = self.now = self._order = 0
        self._mac_after = self._early = False
        self._server_random = self._offered = b""
        self._next = [None, None]

    @property
    def waiting(self) -> bool:
        """Whether records are held for keys to come."""
        return bool(self.halves[0].backlog or self.halves[1].backlog)

    @property
    def hopeless(self) -> bool:
        """Whether nothing more can be read: no key is there and none can come, or the suite is not known."""
        if not self.version:
            return False
        if self.suite is None:
            return True
        late = self.halves[0].backlog.overflowed or self.halves[1].backlog.overflowed
        return (self._log.complete or late) and self._secrets() is None

    @cython.ccall
    def feed(self, side: cython.int, data: bytes) -> Sequence[Content]:
        """The next bytes of a side."""
        half: Half = self.halves[side]
        if half.stream.hold(data):
            return _NOTHING
        found: list[Content] = []
        for record in half.stream.feed(data):
            self.records += 1
            self._order = self.records
            self._record(side, half, record, found)
        if self._generation != self._log.generation and self.waiting:
            self._retry(found)
        return found

    def gap(self, side: int, size: int) -> None:
        """``size`` bytes of a side are missing."""
        half: Half = self.halves[side]
        half.lose(size)

    def finish(self) -> list[Content]:
        """The flow is over: a last try, then what is still held is given up."""
        found: list[Content] = []
        self._retry(found)
        for half in self.halves:
            half.backlog.give_up()
            half.cipher = half.secret = None
        self._next = [None, None]
        for random in self.randoms:
            self._log.forget(random)
        return found

    # Records.

    @cython.cfunc
    def _record(self, side: cython.int, half: Half, record: Record, found: list[Content]) -> object:
        if half.backlog:
            self._hold(half, record)
            return None
        header: bytes = record[0]
        if header[0] == CHANGE_CIPHER_SPEC and record[1] == b"\x01":
            self._changed(side)
        elif half.stage == "clear":
            self._clear(side, record, found)
        else:
            self._shut(side, record, found)
        return None

    def _clear(self, side: int, record: Record, found: list[Content]) -> None:
        kind, body = record[0][0], record[1]
        if kind == APPLICATION_DATA:
            if self._early and side == self.client and not self.version:
                self._open_early(record, found)
            return
        if kind == HANDSHAKE:
            self._handshake(side, body)

    @cython.cfunc
    def _shut(self, side: cython.int, record: Record, found: list[Content]) -> object:
        half: Half = self.halves[side]
        if half.cipher is None and not self._find(side):
            opened = self._open_ahead(side, record)
            if opened is None:
                self._keyless(half, record)
                return None
        else:
            opened = self._open(side, half, record)
        if opened is None:
            self.failed[LOST if half.lossy else NOT_AUTHENTIC] += 1
            half.stayed_shut()
            half.gapped = half.gapped or self.version < TLS13
            return None
        self.opened += 1
        kind, content = opened
        if kind == APPLICATION_DATA:
            found.append((side, kind, content))
        elif kind == CHANGE_CIPHER_SPEC:  # of a renegotiation
            self._changed(side)
        elif kind == HANDSHAKE:
            found += [(side, kind, message) for message in self._handshake(side, content)]
        else:
            found.append((side, kind, content))
        return None

    def _open_early(self, record: Record, found: list[Content]) -> None:
        """Early data before the server has chosen: the suite that opens it, of those offered, is the one."""
        half: Half = self.halves[self.client]
        known = self._secrets()
        secret = known.get(log.CLIENT_EARLY) if known is not None else None
        if secret is None and not self._log.complete:
            self._hold(half, record)
            return
        if half.cipher is None and secret is not None:
            half.cipher = early_cipher(secret, self._offered, record, self._log.vault)
        opened = half.cipher.open(half.number, record[0], record[1]) if half.cipher is not None else None
        if opened is None:
            self.failed[self._log.absent if secret is None else NOT_AUTHENTIC] += 1
            return
        half.number += 1
        self.opened += 1
        found.append((self.client, opened[0], opened[1]))

    def _keyless(self, half: Half, record: Record) -> None:
        if self.suite is None:
            self.failed[NO_SUITE] += 1
        elif self._log.complete:
            self.failed[self._log.absent] += 1
        else:
            self._hold(half, record)

    @cython.cfunc
    def _open(self, side: cython.int, half: Half, record: Record) -> Opened | None:
        header: bytes = record[0]
        body: bytes = record[1]
        opened: Any = half.cipher.open(half.number, header, body)
        if opened is not None:
            half.opened(half.number, len(body))
            return opened
        if half.gapped:
            for number in half.guesses():
                opened = half.cipher.open(number, header, body)
                if opened is not None:
                    half.opened(number, len(body))
                    return opened
        return self._open_ahead(side, record)

    def _open_ahead(self, side: int, record: Record) -> Opened | None:
        """Under the keys that follow: early data that was refused ends without a word (RFC 8446 4.2.10)."""
        half: Half = self.halves[side]
        if self.version < TLS13 or half.stage not in ("early", "handshake"):
            return None
        if half.stage == "handshake" and half.cipher is not None and not half.gapped:
            return None
        ahead = self._modern(side, "handshake" if half.stage == "early" else "traffic")
        opened = ahead[0].open(0, *record) if ahead is not None else None
        if ahead is not None and opened is not None:
            half.turn("handshake" if half.stage == "early" else "traffic", ahead[0], ahead[1])
            half.opened(0, len(record[1]))
        return opened

    def _hold(self, half: Half, record: Record) -> None:
        if not half.backlog.hold((self._order, self.now, record), len(record[1])):
            half.gapped = True
            half.stayed_shut()

    def _retry(self, found: list[Content]) -> None:
        """What was held, in the order in which it came, so that an answer stands behind its question."""
        self._generation = self._log.generation
        now, order = self.now, self._order
        held = [(*each, side) for side in (0, 1) for each in self.halves[side].backlog.take_all()]
        for place, at, record, side in sorted(held):
            self._order, self.now = place, at
            half: Half = self.halves[side]
            keyless = half.stage != "clear" and half.cipher is None
            if not half.backlog and keyless and not self._find(side):
                self._hold(half, record)
            else:
                before = len(found)
                self._record(side, half, record, found)
                found[before:] = [late(content, at) for content in found[before:]]
        self.now, self._order = now, order

    # Handshake.

    def _handshake(self, side: int, content: bytes) -> list[bytes]:
        """Follow the messages that are whole now; returns them, each as its type and body."""
        whole = self.halves[side].messages.feed(content)
        for kind, body in whole:
            try:
                self._message(side, kind, body)
            except ProtocolError:
                self.failed[MALFORMED] += 1
        return [bytes([kind]) + body for kind, body in whole]

    def _message(self, side: int, kind: int, body: bytes) -> None:
        if kind == CLIENT_HELLO:
            self._client_hello(side, tls_hello.read_client_hello(body))
        elif kind == SERVER_HELLO:
            self._server_hello(tls_hello.read_server_hello(body))
        elif self.version >= TLS13:
            half: Half = self.halves[side]
            if kind == FINISHED and half.stage == "handshake":
                self._turn(side, "traffic")
            elif kind == END_OF_EARLY_DATA and half.stage == "early":
                self._turn(side, "handshake")
            elif kind == KEY_UPDATE and half.stage == "traffic":
                self._update(half)

    def _client_hello(self, side: int, hello: Hello) -> None:
        self.client = side
        if not self.randoms or self.randoms[-1] != hello.random:
            if len(self.randoms) > MAX_HANDSHAKES:
                self._log.forget(self.randoms.pop(0))
            self._log.join(hello.random)
            self.randoms.append(hello.random)
        early: cython.bint = tls_hello.EARLY_DATA in hello.bodies
        if self._early and not early:  # refused by a retry, and not offered again (RFC 8446 section 4.2.10)
            half: Half = self.halves[side]
            half.turn("clear", None)
        self._early = early
        self._offered = hello.ciphers

    def _server_hello(self, hello: Hello) -> None:
        if hello.random == tls_hello.HELLO_RETRY_RANDOM:
            return
        self.version = tls_hello.chosen_version(hello)
        self.number = int.from_bytes(hello.ciphers[:2], "big")
        known = self.version < TLS13 or self.number in TLS13_SUITES
        self.suite = suite_of(self.number) if known else None
        self._server_random = hello.random
        self._mac_after = ENCRYPT_THEN_MAC in hello.bodies
        self._next = [None, None]
        if self.version >= TLS13:
            self._turn(1 - self.client, "handshake")
            early: Half = self.halves[self.client]
            if self._early and early.cipher is not None:
                early.stage = "early"  # goes on under the keys that opened what came before
            else:
                self._turn(self.client, "early" if self._early else "handshake")
            self._generation = -1  # early data may be held

    def _changed(self, side: int) -> None:
        """ChangeCipherSpec: the keys of the last hellos, up to TLS 1.2; without meaning in TLS 1.3."""
        if 0 < self.version < TLS13:
            half: Half = self.halves[side]
            if half.stage != "clear" or self._next[side] is None:
                self._derive()
            half.turn("traffic", self._next[side])
            self._next[side] = None

    # Keys.

    def _secrets(self) -> Secrets | None:
        return self._log.get(self.randoms[-1]) if self.randoms else None

    def _turn(self, side: int, stage: str) -> None:
        half: Half = self.halves[side]
        cipher, secret = self._modern(side, stage) or (None, None)
        half.turn(stage, cipher, secret)

    def _find(self, side: int) -> bool:
        """Make the cipher of a side's stage, where the log has its secret by now."""
        half: Half = self.halves[side]
        if self.version >= TLS13:
            keys = self._modern(side, half.stage)
            if keys is None and half.stage == "early":
                half.stage = "handshake"  # early data stays shut; what follows need not
                keys = self._modern(side, half.stage)
            if keys is not None:
                half.cipher, half.secret = keys
            return keys is not None
        self._derive()
        half.cipher, self._next[side] = self._next[side], None
        return half.cipher is not None

    def _modern(self, side: int, stage: str) -> tuple[Cipher, Secret] | None:
        known = self._secrets()
        if known is None or self.suite is None:
            return None
        client = side == self.client
        label = {
            "early": log.CLIENT_EARLY,
            "handshake": log.CLIENT_HANDSHAKE if client else log.SERVER_HANDSHAKE,
            "traffic": log.CLIENT_TRAFFIC if client else log.SERVER_TRAFFIC,
        }[stage]
        secret = known.get(label)
        return None if secret is None else (Modern(self.suite, secret.view, self._log.vault), secret)

    def _update(self, half: Half) -> None:
        if half.secret is None or self.suite is None:
            return
        fresh = self._log.vault.keep(next_secret(self.suite.digest, half.secret.view))
        half.turn("traffic", Modern(self.suite, fresh.view, self._log.vault), fresh)

    def _derive(self) -> None:
        """Both directions' ciphers from the master secret, where the log has it."""
        known = self._secrets()
        master = known.get(log.MASTER) if known is not None else None
        if master is None or self.suite is None:
            return
        how = Agreed(vault=self._log.vault, mac_after=self._mac_after)
        pair = legacy_pair(
            self.suite, self.version, master.view, (self.randoms[-1], self._server_random), how
        )
        client, server = pair
        self._next = [client, server] if self.client == 0 else [server, client]


__all__ = ["ALERT", "APPLICATION_DATA", "HANDSHAKE", "TLS13_SUITES", "Content", "Session"]

"""One DTLS connection under its keys: datagrams in, content in clear out (RFC 6347, RFC 9147).

Up to DTLS 1.2 each record carries its epoch and number, so a lost one costs nothing. DTLS 1.3 hides both: the
number is unmasked first, the epoch's low bits choose the keys. Connection ids are of the length that the
hellos agreed on (RFC 9146, RFC 9147 section 9). Records whose keys are not known yet are held, at most
MAX_BACKLOG_BYTES.
"""

from __future__ import annotations

from collections import Counter

from procwire.decrypt import keylog as log
from procwire.decrypt.backlog import Backlog
from procwire.decrypt.ciphers import TLS11, TLS12, Agreed, Cipher, Modern, Opened, Sealed, legacy_pair
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.quic_cipher import full_number
from procwire.decrypt.reasons import MALFORMED, NO_KEY, NO_SUITE, NOT_AUTHENTIC
from procwire.decrypt.schedule import expand_label, next_secret
from procwire.decrypt.session import CLIENT_HELLO, ENCRYPT_THEN_MAC, SERVER_HELLO, TLS13_SUITES, Content
from procwire.decrypt.suites import CHACHA, Suite, suite_of
from procwire.decrypt.vault import Secret
from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire.dtls_record import MAX_RECORDS, NAMED, VERSIONS, Messages
from procwire.dpi.wire.tls_record import HANDSHAKE

MAX_BACKLOG_BYTES = 1 << 17
DTLS13 = 0xFEFC
HANDSHAKE_EPOCH, TRAFFIC_EPOCH = 2, 3  # of DTLS 1.3 (RFC 9147 section 6.1)
PREFIX = "dtls13"
HEAD_BYTES = 13
CONNECTION_ID = 54  # extension, RFC 9146 section 3
SAMPLE_BYTES = 16

Record = tuple[int, bytes, bytes]  # epoch (low bits where negative: -1 - bits), header, body


class Keys13:
    """One direction's keys of one epoch of DTLS 1.3."""

    __slots__ = ("cipher", "largest", "mask_key", "secret", "suite")

    def __init__(self, suite: Suite, secret: Secret, keys: KeyLog) -> None:
        self.suite = suite
        self.secret = secret
        self.cipher = Modern(suite, secret.view, keys.vault, prefix=PREFIX)
        sn = expand_label(suite.digest, secret.view, "sn", suite.key_bytes, prefix=PREFIX)
        self.mask_key = keys.vault.keep(sn)
        self.largest = -1

    def open(self, header: bytes, body: bytes) -> Opened | None:
        """A record with a unified header; the mask is RFC 9147 section 4.2.3's."""
        if len(body) < SAMPLE_BYTES:
            return None
        size = 2 if header[0] & 8 else 1
        at = len(header) - size - (2 if header[0] & 4 else 0)  # behind a connection id
        mask = self._mask(body[:SAMPLE_BYTES])
        hidden = int.from_bytes(header[at : at + size], "big")
        low = hidden ^ int.from_bytes(mask[:size], "big")
        number = full_number(low, 8 * size, self.largest)
        plain = header[:at] + low.to_bytes(size, "big") + header[at + size :]
        opened = self.cipher.open(number, plain, body)
        if opened is not None:
            self.largest = max(self.largest, number)
        return opened

    def _mask(self, sample: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers import Cipher as Machine
        from cryptography.hazmat.primitives.ciphers import algorithms, modes

        if self.suite.kind == CHACHA:
            return bytes(
                Machine(algorithms.ChaCha20(self.mask_key.view, sample), None).encryptor().update(bytes(2))
            )
        return bytes(Machine(algorithms.AES(self.mask_key.view), modes.ECB()).encryptor().update(sample))  # noqa: S305


class DtlsSession:
    """See the module."""

    def __init__(self, keys: KeyLog) -> None:
        self._log = keys
        self._generation = -1
        self.client = 0
        self.version = 0
        self.suite: Suite | None = None
        self.number = 0
        self.random = b""
        self.opened = 0
        self.failed: Counter[str] = Counter()
        self._server_random = b""
        self._mac_after = False
        self._messages = (Messages(), Messages())
        self._id_bytes = [0, 0]  # of the connection ids that a side sends to
        self._asked_id: bytes | None = None  # the client's extension
        self._legacy: tuple[Cipher, Cipher] | None = None
        self._modern: dict[tuple[int, int], Keys13] = {}
        self.backlog: Backlog[tuple[int, Record]] = Backlog(keys, self.failed, MAX_BACKLOG_BYTES)

    @property
    def hopeless(self) -> bool:
        """Whether nothing can be read any more."""
        if not self.version:
            return False
        lost = self._log.complete or self.backlog.overflowed
        return self.suite is None or (lost and self._log.get(self.random) is None)

    def feed(self, side: int, data: bytes) -> list[Content]:
        """One datagram."""
        found: list[Content] = []
        if self.backlog and self._generation != self._log.generation:
            self._retry(found)
        for record in split(data, self._id_bytes[side]):
            self._record(side, record, found)
        return found

    def finish(self) -> list[Content]:
        """The flow is over: a last try."""
        found: list[Content] = []
        self._retry(found)
        self.backlog.give_up()
        self._legacy = None
        self._modern.clear()
        if self.random:
            self._log.forget(self.random)
        return found

    def _record(self, side: int, record: Record, found: list[Content]) -> None:
        epoch, header, body = record
        if epoch == 0:
            if header[0] == HANDSHAKE:
                self._clear(side, body)
            return
        ready, opened = self._open(side, record)
        if not ready:
            self._hold(side, record)
        elif opened is None:
            self.failed[NOT_AUTHENTIC] += 1
        else:
            self.opened += 1
            found.append((side, opened[0], opened[1]))

    def _open(self, side: int, record: Record) -> tuple[bool, Opened | None]:
        """Whether the keys are there, and what they open."""
        epoch, header, body = record
        if epoch < 0:
            candidates = self._candidates(side, -1 - epoch)
            for keys in candidates:
                opened = keys.open(header, body)
                if opened is not None:
                    return True, opened
            return bool(candidates), None
        pair = self._pair()
        if pair is None:
            return False, None
        number = int.from_bytes(header[3:11], "big")
        cipher = pair[0 if side == self.client else 1]
        if header[0] == NAMED:
            return True, cipher.open_named(number, header, body) if isinstance(cipher, Sealed) else None
        return True, cipher.open(number, header[:3] + header[11:13], body)

    def _hold(self, side: int, record: Record) -> None:
        if self.version and self.suite is None:
            self.failed[NO_SUITE] += 1
        elif self._log.complete and self.version:
            self.failed[NO_KEY] += 1
        else:
            self.backlog.hold((side, record), len(record[2]))

    def _retry(self, found: list[Content]) -> None:
        self._generation = self._log.generation
        for side, record in self.backlog.take_all():
            self._record(side, record, found)

    # Handshake in clear.

    def _clear(self, side: int, body: bytes) -> None:
        try:
            for kind, message in self._messages[side].push(body):
                if kind == CLIENT_HELLO:
                    hello = tls_hello.read_client_hello(message, cookie=True)
                    self.client, self.random = side, hello.random
                    self._asked_id = hello.bodies.get(CONNECTION_ID)
                elif kind == SERVER_HELLO:
                    self._chosen(tls_hello.read_server_hello(message))
        except ProtocolError:
            self.failed[MALFORMED] += 1

    def _chosen(self, hello: tls_hello.Hello) -> None:
        if hello.random == tls_hello.HELLO_RETRY_RANDOM:
            return
        self.version = tls_hello.chosen_version(hello)
        self.number = int.from_bytes(hello.ciphers[:2], "big")
        known = self.version != DTLS13 or self.number in TLS13_SUITES
        self.suite = suite_of(self.number) if known else None
        self._server_random = hello.random
        self._mac_after = ENCRYPT_THEN_MAC in hello.bodies
        chosen = hello.bodies.get(CONNECTION_ID)
        if chosen and self._asked_id:
            self._id_bytes[self.client] = chosen[0]
            self._id_bytes[1 - self.client] = self._asked_id[0]
        self._legacy = None
        self._generation = -1  # what came before may be opened now

    # Keys.

    def _pair(self) -> tuple[Cipher, Cipher] | None:
        """Both directions' ciphers up to DTLS 1.2, which is TLS 1.2; DTLS 1.0 is TLS 1.1."""
        if self._legacy is None and self.suite is not None:
            known = self._log.get(self.random)
            master = known.get(log.MASTER) if known is not None else None
            if master is not None:
                how = Agreed(vault=self._log.vault, mac_after=self._mac_after)
                version = TLS11 if self.version == 0xFEFF else TLS12
                randoms = (self.random, self._server_random)
                self._legacy = legacy_pair(self.suite, version, master.view, randoms, how)
        return self._legacy

    def _candidates(self, side: int, bits: int) -> list[Keys13]:
        """Keys whose epoch has these low bits, the latest first."""
        if not any(where == side for where, _ in self._modern):
            self._begin(side)
        last = max((epoch for where, epoch in self._modern if where == side), default=0)
        if last >= TRAFFIC_EPOCH and bits == (last + 1) & 3:
            self._update(side, last)
            last += 1
        found = [self._modern.get((side, epoch)) for epoch in range(last, 0, -1) if epoch & 3 == bits]
        return [keys for keys in found if keys is not None]

    def _begin(self, side: int) -> None:
        known = self._log.get(self.random)
        if known is None or self.suite is None:
            return
        client = side == self.client
        for epoch, label in (
            (1, log.CLIENT_EARLY if client else ""),
            (HANDSHAKE_EPOCH, log.CLIENT_HANDSHAKE if client else log.SERVER_HANDSHAKE),
            (TRAFFIC_EPOCH, log.CLIENT_TRAFFIC if client else log.SERVER_TRAFFIC),
        ):
            secret = known.get(label)
            if secret is not None:
                self._modern[side, epoch] = Keys13(self.suite, secret, self._log)

    def _update(self, side: int, last: int) -> None:
        """The epoch after a KeyUpdate; that before the last is let go."""
        before = self._modern[side, last]
        secret = self._log.vault.keep(next_secret(before.suite.digest, before.secret.view, prefix=PREFIX))
        self._modern[side, last + 1] = Keys13(before.suite, secret, self._log)
        self._modern.pop((side, last - 1), None)


def split(data: bytes, id_bytes: int = 0) -> list[Record]:
    """The records of a datagram, as far as they fit it. ``id_bytes``: length of a connection id."""
    found: list[Record] = []
    at, size = 0, len(data)
    while at < size and len(found) < MAX_RECORDS:
        first = data[at]
        if 0x20 <= first < 0x40:
            end, head = _unified(data, at, id_bytes)
            if end < 0:
                break
            found.append((-1 - (first & 3), data[at:head], data[head:end]))
            at = end
            continue
        head = at + HEAD_BYTES + (id_bytes if first == NAMED else 0)
        end = head + int.from_bytes(data[head - 2 : head], "big")
        if head > size or end > size or int.from_bytes(data[at + 1 : at + 3], "big") not in VERSIONS:
            break
        epoch = int.from_bytes(data[at + 3 : at + 5], "big")
        found.append((epoch, data[at:head], data[head:end]))
        at = end
    return found


def _unified(data: bytes, at: int, id_bytes: int) -> tuple[int, int]:
    """(end, where the body begins) of a record of DTLS 1.3; -1 where it does not fit."""
    first = data[at]
    head = at + 1 + (id_bytes if first & 0x10 else 0) + (2 if first & 8 else 1)
    if first & 0x10 and not id_bytes:
        return -1, head
    if not first & 4:
        return len(data), head
    end = head + 2 + int.from_bytes(data[head : head + 2], "big")
    return (end if end <= len(data) else -1), head + 2

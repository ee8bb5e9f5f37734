"""One DTLS connection under its keys: datagrams in, content in clear out (RFC 6347, RFC 9147).

Hellos are in clear, so a forged one may stand beside the true one: whatever may have been agreed on is kept,
within bounds, and what records open under is what was (``dtls_keys``). Connection ids are of the length that
the hellos agreed on (RFC 9146, RFC 9147 section 9). Records whose keys are not known yet are held, at most
MAX_BACKLOG_BYTES.
"""

from __future__ import annotations

from collections import Counter

from procwire.decrypt.backlog import Backlog
from procwire.decrypt.ciphers import Opened
from procwire.decrypt.dtls_keys import CONNECTION_ID, Agreement, Asked, Record
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import late
from procwire.decrypt.reasons import MALFORMED, NO_SUITE, NOT_AUTHENTIC
from procwire.decrypt.session import CLIENT_HELLO, SERVER_HELLO, Content
from procwire.dpi.contract import ProtocolError
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire.dtls_record import MAX_RECORDS, NAMED, VERSIONS, Messages
from procwire.dpi.wire.tls_record import HANDSHAKE

MAX_BACKLOG_BYTES = 1 << 17
HEAD_BYTES = 13
MAX_ASKED = 4  # clients' hellos with randoms of their own
MAX_AGREED = 8  # pairs of hellos


class DtlsSession:
    """See the module."""

    def __init__(self, keys: KeyLog) -> None:
        self._log = keys
        self._generation = -1
        self.opened = 0
        self.failed: Counter[str] = Counter()
        self._messages = (Messages(), Messages())
        self._asked: list[Asked] = []
        self._agreed: list[Agreement] = []  # the one that opened a record last is the first
        self.now = 0  # set by who feeds, see late.py
        self.backlog: Backlog[tuple[int, int, Record]] = Backlog(keys, self.failed, MAX_BACKLOG_BYTES)

    @property
    def agreement(self) -> Agreement | None:
        """What the hellos agreed on; of several the one under whose keys records open."""
        return self._agreed[0] if self._agreed else None

    @property
    def hopeless(self) -> bool:
        """Whether nothing can be read any more."""
        if not self._agreed:
            return False
        lost = self._log.complete or self.backlog.overflowed
        return all(each.suite is None or (lost and each.keyless) for each in self._agreed)

    def feed(self, side: int, data: bytes) -> list[Content]:
        """One datagram."""
        found: list[Content] = []
        if self.backlog and self._generation != self._log.generation:
            self._retry(found)
        for record in split(data, self._agreed[0].id_bytes[side] if self._agreed else 0):
            self._record(side, record, found)
        return found

    def finish(self) -> list[Content]:
        """The flow is over: a last try."""
        found: list[Content] = []
        self._retry(found)
        self.backlog.give_up()
        self._agreed = self._agreed[:1]
        for agreement in self._agreed:
            agreement.close()
        for asked in self._asked:
            self._log.forget(asked.random)
        self._asked = []
        return found

    def _record(self, side: int, record: Record, found: list[Content]) -> None:
        epoch, header, body = record
        if epoch == 0:
            if header[0] == HANDSHAKE:
                self._clear(side, body)
            return
        ready, opened = self._open(side, record)
        if opened is not None:
            self.opened += 1
            found.append((side, opened[0], opened[1]))
        elif ready:
            self.failed[NOT_AUTHENTIC] += 1
        else:
            self._hold(side, record)

    def _open(self, side: int, record: Record) -> tuple[bool, Opened | None]:
        """Whether keys are there, and what they open."""
        any_ready = False
        for agreement in self._agreed:
            ready, opened = agreement.open(side, record)
            any_ready = any_ready or ready
            if opened is not None:
                if agreement is not self._agreed[0]:
                    self._agreed.remove(agreement)
                    self._agreed.insert(0, agreement)
                return True, opened
        return any_ready, None

    def _hold(self, side: int, record: Record) -> None:
        if self._agreed and all(each.suite is None for each in self._agreed):
            self.failed[NO_SUITE] += 1
        elif self._log.complete and self._agreed:
            self.failed[self._log.absent] += 1
        else:
            self.backlog.hold((self.now, side, record), len(record[2]))

    def _retry(self, found: list[Content]) -> None:
        self._generation = self._log.generation
        now = self.now
        for at, side, record in self.backlog.take_all():
            before, self.now = len(found), at
            self._record(side, record, found)
            found[before:] = [late(content, at) for content in found[before:]]
        self.now = now

    # Handshake in clear: anybody can write it. So hellos add what may be agreed on, and take nothing away.

    def _clear(self, side: int, body: bytes) -> None:
        try:
            for kind, message in self._messages[side].push(body):
                if kind == CLIENT_HELLO:
                    self._ask(side, tls_hello.read_client_hello(message, cookie=True))
                elif kind == SERVER_HELLO:
                    self._answer(tls_hello.read_server_hello(message))
        except ProtocolError:
            self.failed[MALFORMED] += 1

    def _ask(self, side: int, hello: tls_hello.Hello) -> None:
        """A client's hello; again, with a cookie, it has the same random."""
        asked = Asked(side, hello.random, hello.bodies.get(CONNECTION_ID))
        for place, known in enumerate(self._asked):
            if known.random == asked.random:
                self._asked[place] = asked
                return
        if len(self._asked) < MAX_ASKED:
            self._asked.append(asked)
            self._log.join(asked.random)

    def _answer(self, hello: tls_hello.Hello) -> None:
        if hello.random == tls_hello.HELLO_RETRY_RANDOM:
            return
        for asked in self._asked:
            if len(self._agreed) < MAX_AGREED:
                self._agreed.append(Agreement(self._log, asked, hello))
        self._generation = -1  # what came before may be opened now


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

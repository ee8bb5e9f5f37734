"""A TLS handshake that another protocol carries in its own packets: hellos and certificates, in clear.

The records come in order, without gaps, from whoever unwraps them. It reads no further than the first
encrypted record, and knows nothing of alerts: what went wrong shows in the protocol around it.
"""

from __future__ import annotations

from collections.abc import Iterator

from procwire.dpi.contract import Direction, ProtocolError
from procwire.dpi.wire import certificates, tls_hello
from procwire.dpi.wire.tls_certificate import Certificate, certificate_of
from procwire.dpi.wire.tls_hello import Hello
from procwire.dpi.wire.tls_offer import choice_of, offer_of
from procwire.dpi.wire.tls_record import HANDSHAKE, Records
from procwire.dpi.wire.tls_told import CertificateChain, ClientHello, ServerHello
from procwire.model.observation import Observation

CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
MAX_MESSAGES = 32  # of one side before encryption; a full handshake has eight at most
OBSERVATIONS = (ClientHello, ServerHello, CertificateChain, Certificate)

_SHELF = certificates.Shelf()


class Inside:
    """One handshake. ``feed`` raises ProtocolError where the bytes are not TLS."""

    def __init__(self) -> None:
        self._records = (Records(), Records())
        self._messages = [0, 0]
        self._over = [False, False]
        self._hello: Hello | None = None
        self._began: int | None = None
        self._client = Direction.OUT
        self._version = 0

    @property
    def over(self) -> bool:
        """Whether nothing more can be read."""
        return all(self._over)

    def feed(self, side: Direction, data: bytes, now: int) -> Iterator[Observation]:
        """The next bytes of a side."""
        records = self._records[side]
        records.feed(data)
        while not self._over[side] and (record := records.next_record()) is not None:
            kind, body, _ = record
            if kind != HANDSHAKE:
                self._over[side] = True
                return
            for number, message in records.messages(body):
                self._messages[side] += 1
                if self._messages[side] > MAX_MESSAGES:
                    raise ProtocolError("too many messages")
                yield from self._message(side, number, message, now)

    def _message(self, side: Direction, number: int, body: bytes, now: int) -> Iterator[Observation]:
        if number == CLIENT_HELLO:
            self._hello, self._client = tls_hello.read_client_hello(body), side
            self._began = now if self._began is None else self._began
            yield offer_of(ClientHello, self._hello, "t", side, now)
        elif number == SERVER_HELLO:
            hello = tls_hello.read_server_hello(body)
            self._version = tls_hello.chosen_version(hello)
            latency = None if self._began is None else now - self._began
            choice = choice_of(ServerHello, hello, self._hello, side, now, latency=latency)
            yield choice
            if self._version >= tls_hello.TLS13 and not choice.retry:
                self._over = [True, True]
        elif number == CERTIFICATE and self._version < tls_hello.TLS13:
            yield from self._show(side, body, now)

    def _show(self, side: Direction, body: bytes, now: int) -> Iterator[Observation]:
        chain, count, malformed = certificates.split_chain(body)
        client = self._hello is not None and side == self._client
        size = sum(map(len, chain))
        yield CertificateChain(
            time=now, side=side, client=client, length=count, chain_bytes=size, malformed=malformed
        )
        for position, der in enumerate(chain):
            yield certificate_of(_SHELF.read(der), side, now, (client, position, ""))

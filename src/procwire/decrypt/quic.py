"""QUIC with keys: the protocol ``dpi.protocols.quic``, and what its streams carry as far as keys open it.

Takes the place of that module in the registry when there is a key log. HTTP/3 and DNS over QUIC are read; of
other protocols the bytes are counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

from procwire.decrypt.http3 import Http3
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.plaintext import Inside
from procwire.decrypt.quic_session import QuicSession, Said
from procwire.dpi.contract import ENOUGH, Context, Direction
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols import quic as clear
from procwire.dpi.registry import Registry
from procwire.dpi.wire._quic_names import V2
from procwire.dpi.wire.tls_hello import alpn_names
from procwire.dpi.wire.tls_offer import plain
from procwire.model.observation import Carried, Observation

ENCRYPTED_EXTENSIONS = 8
ALPN = 16
MAX_QUESTIONS = 256  # streams of DNS read at once
_SIDES = (Direction.OUT, Direction.IN)
_NAMES = {"doq": "dns", "h3": "http3"}


class Parser:
    """One flow; see contract.Parser."""

    def __init__(self, context: Context, keys: KeyLog, protocols: Registry) -> None:
        self._context = context
        self._protocols = protocols
        self._clear: Any = clear.Parser(context)
        self._session = QuicSession(keys)
        self._http3: Http3 | None = None
        self._questions: OrderedDict[int, Inside] = OrderedDict()
        self._plain = [0, 0]
        self.app = ""

    def take_over(self, plain: Any, seen: list[tuple[Direction, bytes]], now: int) -> Iterable[Observation]:
        """Go on where the plain parser is, which was fed ``seen`` and has told of it."""
        self._clear = plain
        found: list[Observation] = []
        for side, data in seen:
            for said in self._session.feed(side, data):
                self._take(said, now, found)
        return found

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return int(self._clear.skip(side)) if self._session.hopeless else 0

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return ()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """One datagram."""
        found = list(self._clear.feed(side, data, now=now)) if self._clear.skip(side) < ENOUGH else []
        for said in self._session.feed(side, data):
            self._take(said, now, found)
        return found

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        found: list[Observation] = []
        for said in self._session.finish():
            self._take(said, now, found)
        if self._http3 is not None:
            found += self._http3.finish(now)
        for inside in self._questions.values():
            found += self._unnamed(inside.finish(now))
        if self._session.number and (self._session.opened or self._session.failed.total()):
            found.append(self._told(now))
        return found

    def _told(self, now: int) -> Decryption:
        session = self._session
        return Decryption(
            time=now,
            side=_SIDES[session.client],
            version="QUICv2" if session.version == V2 else "QUICv1",
            cipher=session.suite.name if session.suite is not None else hex(session.number),
            app=self.app,
            records=session.opened,
            plaintext_out=self._plain[0],
            plaintext_in=self._plain[1],
            shut=session.failed.total(),
            reasons=tuple([reason for reason, count in session.failed.most_common() if count]),
        )

    def _take(self, said: Said, now: int, found: list[Observation]) -> None:
        side, stream, missing, data, ended = said
        self._plain[side] += len(data)
        if not self.app:
            self.app = self._agreed()
            if self.app in _NAMES.values():
                found.append(Carried(time=now, side=_SIDES[side], app=self.app, inside=""))
        if self.app == "http3":
            if self._http3 is None:
                self._http3 = Http3(self._session.client)
            if missing:
                self._http3.gap(side, stream)
            found += self._http3.feed(side, stream, data, now, ended=ended)
        elif self.app == "dns" and not stream & 2:
            found += self._unnamed(self._question(stream).feed(_SIDES[side], data, now))

    def _question(self, stream: int) -> Inside:
        """A stream of DNS over QUIC: framed as over TCP (RFC 9250 section 4.2)."""
        inside = self._questions.get(stream)
        if inside is None:
            if len(self._questions) >= MAX_QUESTIONS:
                self._questions.popitem(last=False)
            context = Context(
                transport="tcp", src_port=self._context.src_port, dst_port=53, told=self._context.told
            )
            inside = self._questions[stream] = Inside(context, self._protocols)
        return inside

    def _unnamed(self, seen: list[Observation]) -> list[Observation]:
        return [one for one in seen if not isinstance(one, Carried)]

    def _agreed(self) -> str:
        """What the two ends agreed to speak (ALPN, in the server's EncryptedExtensions)."""
        for side, kind, body in self._session.messages:
            if kind == ENCRYPTED_EXTENSIONS and side != self._session.client:
                name = next(iter(alpn_names(_extension(body, ALPN))), b"")
                text = plain(name[:32])
                return _NAMES.get(text.partition("-")[0], text or "unknown")
        return "unknown"


def _extension(body: bytes, wanted: int) -> bytes:
    """The content of one extension of an EncryptedExtensions message (RFC 8446 section 4.3.1)."""
    at = 2
    while at + 4 <= len(body):
        kind, length = int.from_bytes(body[at : at + 2], "big"), int.from_bytes(body[at + 2 : at + 4], "big")
        if kind == wanted:
            return body[at + 4 : at + 4 + length]
        at += 4 + length
    return b""

"""What a QUIC connection says, once its packets are open: HTTP/3, or DNS on each stream (RFC 9250).

A connection outlives its addresses (RFC 9000 section 9): all flows that it takes share one of these, and the
last of them ends it. Of protocols that are not read the bytes are counted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from procwire.decrypt.http3 import Http3
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import sent_at
from procwire.decrypt.plaintext import Inside
from procwire.decrypt.quic_session import QuicSession, Said
from procwire.decrypt.reasons import HEADERS
from procwire.decrypt.shown import shown
from procwire.dpi.contract import Context, Direction
from procwire.dpi.registry import Registry
from procwire.dpi.wire.tls_hello import alpn_names
from procwire.dpi.wire.tls_offer import plain
from procwire.model.observation import Carried, Observation

ENCRYPTED_EXTENSIONS = 8
ALPN = 16
MAX_QUESTIONS = 256  # streams of DNS read at once
READ = ("http3", "dns")
_SIDES = (Direction.OUT, Direction.IN)
_NAMES = {"doq": "dns", "h3": "http3"}


class QuicTalk:
    """One connection. ``flows``: how many read it now; ``app``: what is spoken, once that is known."""

    def __init__(self, context: Context, keys: KeyLog, protocols: Registry) -> None:
        self._context = context
        self._protocols = protocols
        self.session = QuicSession(keys)
        self._http3: Http3 | None = None
        self._questions: OrderedDict[int, Inside] = OrderedDict()
        self.flows = 1
        self.app = ""
        self.server_name = ""  # that the client asks for, as far as is known
        self._looked = 0  # handshake messages that were looked at

    def feed(self, side: int, data: bytes, now: int) -> tuple[list[Observation], list[int]]:
        """One datagram; what was observed, and how many bytes of content each side said."""
        self.session.now = now
        return self._taken(self.session.feed(side, data), now)

    def finish(self, now: int) -> tuple[list[Observation], list[int]]:
        """No flow of it is left."""
        found, said = self._taken(self.session.finish(), now)
        if self._http3 is not None:
            found += self._http3.finish(now)
        for inside in self._questions.values():
            found += _unnamed(inside.finish(now))
        return found, said

    @property
    def reasons(self) -> list[str]:
        """Why something stayed shut, most frequent first."""
        found = [reason for reason, count in self.session.failed.most_common() if count]
        return [*found, HEADERS] if self._http3 is not None and self._http3.broken else found

    def _taken(self, content: list[Said], now: int) -> tuple[list[Observation], list[int]]:
        found = self._shown(now)
        sizes = [0, 0]
        for said in content:
            sizes[said[0]] += len(said[3])
            self._take(said, sent_at(said, now), found)
        return found, sizes

    def _shown(self, now: int) -> list[Observation]:
        """Certificates among the handshake messages that have become readable."""
        found: list[Observation] = []
        session = self.session
        for side, kind, body in session.messages[self._looked :]:
            client = side == session.client
            found += shown(_SIDES[side], (kind, body), now, client=client, asked=self.server_name)
        self._looked = len(session.messages)
        return found

    def _take(self, said: Said, now: int, found: list[Observation]) -> None:
        side, stream, missing, data, ended = said
        self.app = self.app or self._agreed()
        if self.app == "http3":
            if self._http3 is None:
                self._http3 = Http3(self.session.client)
            if missing:
                self._http3.gap(side, stream)
            found += self._http3.feed(side, stream, data, now, ended=ended)
        elif self.app == "dns" and not stream & 2:
            found += _unnamed(self._question(stream).feed(side, data, now))

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

    def _agreed(self) -> str:
        """What the two ends agreed to speak (ALPN, in the server's EncryptedExtensions)."""
        for side, kind, body in self.session.messages:
            if kind == ENCRYPTED_EXTENSIONS and side != self.session.client:
                name = next(iter(alpn_names(_extension(body, ALPN))), b"")
                text = plain(name[:32])
                return _NAMES.get(text.partition("-")[0], text or "unknown")
        return "unknown"


def _unnamed(seen: Sequence[Observation]) -> list[Observation]:
    return [one for one in seen if not isinstance(one, Carried)]


def _extension(body: bytes, wanted: int) -> bytes:
    """The content of one extension of an EncryptedExtensions message (RFC 8446 section 4.3.1)."""
    at = 2
    while at + 4 <= len(body):
        kind, length = int.from_bytes(body[at : at + 2], "big"), int.from_bytes(body[at + 2 : at + 4], "big")
        if kind == wanted:
            return body[at + 4 : at + 4 + length]
        at += 4 + length
    return b""

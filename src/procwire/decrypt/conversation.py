"""One flow's conversation as its ends understood it: payload in order, decrypted where keys open it.

A stream in clear is given as it is, until a ClientHello begins: from there on what TLS carries is given, and
nothing of its records. A QUIC flow gives its streams. ``notes`` says what could not be read, and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from procwire.decrypt.dtls_session import DtlsSession
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import sent_at
from procwire.decrypt.piece import Piece
from procwire.decrypt.quic_session import QuicSession, Said
from procwire.decrypt.session import APPLICATION_DATA, Content, Session
from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.protocols import dtls
from procwire.dpi.wire import quic_claim, tls_claim


class TcpConversation:
    """See the module."""

    session = None  # of QUIC

    def __init__(self, keys: KeyLog | None) -> None:
        self._keys = keys
        self._session: Session | None = None
        self._missing = [0, 0]

    def feed(self, side: int, data: bytes, now: int) -> list[Piece]:
        """The next bytes of a side."""
        if self._session is None and self._keys is not None and tls_claim.claim(data) is Claim.YES:
            self._session = Session(self._keys)
        if self._session is None:
            return [self._piece(side, data, now, "payload")] if data else []
        self._session.now = now
        return self._told(self._session.feed(side, data), now)

    def gap(self, side: int, size: int) -> None:
        """``size`` bytes of a side are missing."""
        self._missing[side] += size
        if self._session is not None:
            self._session.gap(side, size)

    def finish(self, now: int) -> list[Piece]:
        """What the end makes readable."""
        if self._session is None:
            return []
        return self._told(self._session.finish(), now)

    def _told(self, content: Sequence[Content], now: int) -> list[Piece]:
        return [
            self._piece(each[0], each[2], sent_at(each, now), "tls")
            for each in content
            if each[1] == APPLICATION_DATA and each[2]
        ]

    @property
    def notes(self) -> list[str]:
        """What could not be read."""
        return _notes(self._session.failed, "records") if self._session is not None else []

    def _piece(self, side: int, data: bytes, now: int, layer: str) -> Piece:
        missing, self._missing[side] = self._missing[side], 0
        return Piece(side, data, now, layer, -1, missing)


class UdpConversation:
    """See the module: datagrams as they are, of DTLS what is inside, of QUIC its streams."""

    def __init__(self, keys: KeyLog | None) -> None:
        self._keys = keys
        self.session: QuicSession | None = None
        self._dtls: DtlsSession | None = None

    def feed(self, side: int, data: bytes, now: int) -> list[Piece]:
        """One datagram."""
        if self.session is None and self._dtls is None and self._keys is not None:
            self._begin(side, data, self._keys)
        if self._dtls is not None:
            self._dtls.now = now
            return _said(self._dtls.feed(side, data), now)
        session = self.session
        if session is None:
            return [Piece(side, data, now)]
        session.now = now
        return _streams(session.feed(side, data), now)

    def _begin(self, side: int, data: bytes, keys: KeyLog) -> None:
        if quic_claim.claim(data) is Claim.YES:
            self.session = QuicSession(keys)
        elif dtls.claims(data, Direction(side), Context(transport="udp")) is Claim.YES:
            self._dtls = DtlsSession(keys)

    def gap(self, side: int, size: int) -> None:
        """Datagrams have no gaps."""

    def finish(self, now: int) -> list[Piece]:
        """What the end makes readable."""
        if self._dtls is not None:
            return _said(self._dtls.finish(), now)
        if self.session is None:
            return []
        return _streams(self.session.finish(), now)

    @property
    def notes(self) -> list[str]:
        """What could not be read."""
        if self._dtls is not None:
            return _notes(self._dtls.failed, "records")
        return _notes(self.session.failed, "packets") if self.session is not None else []


def _said(content: Sequence[Content], now: int) -> list[Piece]:
    return [
        Piece(each[0], each[2], sent_at(each, now), "dtls")
        for each in content
        if each[1] == APPLICATION_DATA and each[2]
    ]


def _streams(content: Sequence[Said], now: int) -> list[Piece]:
    return [
        Piece(who, part, sent_at(each, now), "quic", number, gap)
        for each in content
        for who, number, gap, part, _ in (each,)
        if part
    ]


def conversation_of(proto: int, keys: KeyLog | None) -> TcpConversation | UdpConversation:
    """For an IP protocol number."""
    return TcpConversation(keys) if proto == 6 else UdpConversation(keys)


def _notes(failed: Counter[str], what: str) -> list[str]:
    return [f"{count} {what} not decrypted: {reason}" for reason, count in failed.most_common() if count]

"""Connection ids of the QUIC connections that are open: by them a flow on another path is known.

Ids are learned from packets that opened, never from what anybody may claim. An empty one names nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from procwire.dpi.wire.quic_packet import MAX_ID_BYTES

if TYPE_CHECKING:
    from procwire.decrypt.quic_session import QuicSession

MAX_IDS = 1 << 16  # of all connections; the oldest is forgotten
MAX_LENGTHS = 8  # of ids that are looked for


class Connection(Protocol):
    """What reads a connection; ``session``: None of what turned out to be something else."""

    @property
    def session(self) -> QuicSession | None:
        """Its packets and ids."""


C = TypeVar("C", bound=Connection)


class QuicPaths(Generic[C]):
    """All connections of one capture: by each id its connection, and which side of its first flow uses it."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[C, int]] = {}
        self._lengths: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, talk: C) -> None:
        """Take the ids that a connection has learned since."""
        if talk.session is None:
            return
        fresh, talk.session.fresh_ids = talk.session.fresh_ids, []
        for identity, sender in fresh:
            if not 0 < len(identity) <= MAX_ID_BYTES:
                continue
            if len(identity) not in self._lengths and len(self._lengths) < MAX_LENGTHS:
                self._lengths[len(identity)] = None
            if len(self._known) >= MAX_IDS:
                del self._known[next(iter(self._known))]
            self._known[identity] = (talk, sender)

    def find(self, datagram: bytes) -> tuple[C, int] | None:
        """The connection that a datagram with a short header is for (RFC 9000 section 17.3)."""
        if not self._known or not datagram or datagram[0] & 0xC0 != 0x40:
            return None
        for length in self._lengths:
            known = self._known.get(datagram[1 : 1 + length])
            if known is not None:
                return known
        return None

    def forget(self, talk: C) -> None:
        """A connection is over."""
        for identity in talk.session.ids if talk.session is not None else ():
            known = self._known.get(identity)
            if known is not None and known[0] is talk:
                del self._known[identity]

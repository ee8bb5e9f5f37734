"""QUIC with keys: the protocol ``dpi.protocols.quic``, and what its streams carry as far as keys open it.

Takes the place of that module in the registry when there is a key log. A flow whose first datagram is to a
connection id of a connection that is known is that connection on another path (RFC 9000 section 9), and goes
on where the other flow was.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.quic_paths import QuicPaths
from procwire.decrypt.quic_talk import READ, QuicTalk
from procwire.dpi.contract import ENOUGH, Context, Direction
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols import quic as clear
from procwire.dpi.registry import Registry
from procwire.dpi.wire._quic_names import V2
from procwire.model.observation import Carried, Observation

_SIDES = (Direction.OUT, Direction.IN)


class Parser:
    """One flow; see contract.Parser. Its sides may be those of the connection's first flow, turned round."""

    def __init__(
        self, context: Context, keys: KeyLog, protocols: Registry, paths: QuicPaths[QuicTalk] | None = None
    ) -> None:
        self._clear: Any = clear.Parser(context)
        self._talk = QuicTalk(context, keys, protocols)
        self._paths = QuicPaths() if paths is None else paths
        self._begun = False
        self._turned = 0
        self._named = False
        self._plain = [0, 0]
        self._opened = self._shut = 0

    def take_over(self, plain: Any, seen: list[tuple[Direction, bytes]], now: int) -> Iterable[Observation]:
        """Go on where the plain parser is, which was fed ``seen`` and has told of it."""
        self._clear = plain
        return [one for side, data in seen for one in self._read(side, data, now)]

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return int(self._clear.skip(side)) if self._talk.session.hopeless else 0

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return ()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """One datagram."""
        found = list(self._clear.feed(side, data, now=now)) if self._clear.skip(side) < ENOUGH else []
        for one in found:
            self._talk.server_name = getattr(one, "server_name", "") or self._talk.server_name
        return found + self._read(side, data, now)

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        talk, found = self._talk, list[Observation]()
        talk.flows -= 1
        if not talk.flows:
            self._paths.forget(talk)
            found = self._counted(lambda: talk.finish(now), now)
        if talk.session.number and (self._opened or self._shut):
            found.append(self._summed(now))
        return found

    def _read(self, side: Direction, data: bytes, now: int) -> list[Observation]:
        if not self._begun:
            self._begun = True
            known = self._paths.find(data)
            if known is not None:
                self._talk, sender = known
                self._talk.flows += 1
                self._turned = int(side != sender)
        talk = self._talk
        found = self._counted(lambda: talk.feed(side ^ self._turned, data, now), now)
        if talk.session.fresh_ids:
            self._paths.learn(talk)
        return found

    def _counted(self, work: Any, now: int) -> list[Observation]:
        """What ``work`` observes, seen from this flow, and what it opens counted for this flow."""
        session = self._talk.session
        opened, shut = session.opened, session.failed.total()
        found, sizes = work()
        self._opened += session.opened - opened
        self._shut += session.failed.total() - shut
        for side in (0, 1):
            self._plain[side] += sizes[side ^ self._turned]
        if self._turned:
            for one in found:
                one.side = _SIDES[1 - one.side]
        if not self._named and self._talk.app in READ:
            self._named = True
            found.insert(0, Carried(time=now, side=Direction.OUT, app=self._talk.app, inside=""))
        seen: list[Observation] = found
        return seen

    def _summed(self, now: int) -> Decryption:
        session = self._talk.session
        return Decryption(
            time=now,
            side=_SIDES[session.client ^ self._turned],
            version="QUICv2" if session.version == V2 else "QUICv1",
            cipher=session.suite.name if session.suite is not None else hex(session.number),
            app=self._talk.app,
            records=self._opened,
            plaintext_out=self._plain[0],
            plaintext_in=self._plain[1],
            shut=self._shut,
            reasons=tuple(self._talk.reasons),
        )

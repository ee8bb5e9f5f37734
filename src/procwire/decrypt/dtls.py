"""DTLS with keys: the protocol ``dpi.protocols.dtls``, and what is inside as far as the key log opens it.

Takes the place of that module in the registry when there is a key log. Content is datagrams.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from procwire.decrypt.dtls_session import DtlsSession
from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import sent_at
from procwire.decrypt.plaintext import Inside
from procwire.decrypt.session import APPLICATION_DATA
from procwire.dpi.contract import ENOUGH, Context, Direction, ProtocolError
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols import dtls as clear
from procwire.dpi.registry import Registry
from procwire.dpi.wire._tls_names import VERSIONS
from procwire.model.observation import Observation

_SIDES = (Direction.OUT, Direction.IN)


class Parser:
    """One flow; see contract.Parser."""

    def __init__(self, context: Context, keys: KeyLog, protocols: Registry) -> None:
        self._clear: Any = clear.Parser(context)
        self._session = DtlsSession(keys)
        self._inside = Inside(context, protocols)
        self._plain = [0, 0]

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return int(self._clear.skip(side)) if self._session.hopeless else 0

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return ()

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """One datagram. What is no record in clear may yet be one under keys, so that is no error here."""
        found: list[Observation] = []
        if self._clear.skip(side) < ENOUGH:
            try:
                found += self._clear.feed(side, data, now=now)
            except ProtocolError:
                if self._session.agreement is None:
                    raise
        self._session.now = now
        self._take(self._session.feed(side, data), now, found)
        return found

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        found: list[Observation] = []
        session = self._session
        self._take(session.finish(), now, found)
        found += self._inside.finish(now)
        agreed = session.agreement
        if agreed is not None and (session.opened or session.failed.total()):
            found.append(
                Decryption(
                    time=now,
                    side=_SIDES[agreed.client],
                    version=VERSIONS.get(agreed.version, hex(agreed.version)),
                    cipher=agreed.suite.name if agreed.suite is not None else hex(agreed.number),
                    app=self._inside.app if any(self._plain) else "",
                    records=session.opened,
                    plaintext_out=self._plain[0],
                    plaintext_in=self._plain[1],
                    shut=session.failed.total(),
                    reasons=tuple([reason for reason, count in session.failed.most_common() if count]),
                )
            )
        return found

    def _take(self, content: list[tuple[int, int, bytes]], now: int, found: list[Observation]) -> None:
        for each in content:
            side, kind, data = each
            if kind == APPLICATION_DATA and data:
                self._plain[side] += len(data)
                found += self._inside.feed(_SIDES[side], data, sent_at(each, now))

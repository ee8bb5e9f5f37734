# cython: language_level=3
"""TLS with keys: the protocol ``dpi.protocols.tls``, and what is inside as far as the key log opens it.

Takes the place of that module in the registry when there is a key log. The handshake in clear is told by the
very same parser; behind it come the certificates that TLS 1.3 encrypts and the inner conversation, and at the
end a ``Decryption`` that says how much was read and why the rest was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cython

from procwire.decrypt.keylog import KeyLog
from procwire.decrypt.late import sent_at
from procwire.decrypt.session import APPLICATION_DATA, HANDSHAKE, Content
from procwire.decrypt.shown import shown
from procwire.dpi.contract import ENOUGH, Context, Direction
from procwire.dpi.decryption import Decryption
from procwire.dpi.protocols import tls as clear
from procwire.dpi.registry import Registry
from procwire.dpi.wire._tls_names import VERSIONS
from procwire.dpi.wire.tls_hello import TLS13
from procwire.model.observation import Observation

if cython.compiled:
    from cython.cimports.procwire.decrypt.plaintext import Inside
    from cython.cimports.procwire.decrypt.session import Session
else:
    from procwire.decrypt.plaintext import Inside
    from procwire.decrypt.session import Session

_SIDES = (Direction.OUT, Direction.IN)
_NOTHING: tuple[Observation, ...] = ()


@cython.cclass
class Parser:
    """One connection; see contract.Parser. ``inside`` is there once content was read."""

    _context: Context
    _protocols: Registry
    _clear: Any
    _session: Session
    inside = cython.declare(Inside, visibility="readonly")
    _plain: list[int]
    _over: cython.bint  # nothing more is to be learned
    _told_out: cython.bint  # sides of which the parser of clear text wants no more
    _told_in: cython.bint
    _server_name: str

    def __init__(self, context: Context, keys: KeyLog, protocols: Registry) -> None:
        self._context = context
        self._protocols = protocols
        self._clear = clear.Parser(context)
        self._session = Session(keys)
        self.inside = None
        self._plain = [0, 0]
        self._over = self._told_out = self._told_in = False
        self._server_name = ""

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return int(self._clear.skip(side)) if self._over else 0

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        found: list[Observation] = []
        if not (self._told_in if side else self._told_out):
            self._tell(side, data, now, found)
        session: Session = self._session
        before: cython.longlong = session.records
        session.now = now
        for content in session.feed(side, data):
            self._take(content, now, found)
        if session.records != before:
            self._over = session.hopeless or self._sated()
        return found

    def _tell(self, side: Direction, data: bytes, now: int, found: list[Observation]) -> None:
        """What the handshake says in clear."""
        found += self._clear.feed(side, data, now=now)
        for seen in found:
            self._server_name = getattr(seen, "server_name", "") or self._server_name
        done = self._clear.skip(side) >= ENOUGH
        if side:
            self._told_in = done
        else:
            self._told_out = done

    def _sated(self) -> bool:
        return self.inside is not None and self.inside.sated() and not self._session.waiting

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        told = self._told_in if side else self._told_out
        found = [] if told else list(self._clear.gap(side, size, now=now))
        self._session.gap(side, size)
        if self.inside is not None:
            found += self.inside.gap(side, size, now)
        return found

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        found: list[Observation] = []
        session = self._session
        for content in session.finish():
            self._take(content, now, found)
        if self.inside is not None:
            found += self.inside.finish(now)
        if session.version and (session.opened or session.failed.total()):
            found.append(self._summed(now))
        return found

    def _summed(self, now: int) -> Decryption:
        session = self._session
        reasons = [reason for reason, count in session.failed.most_common() if count]
        return Decryption(
            time=now,
            side=_SIDES[session.client],
            version=VERSIONS.get(session.version, hex(session.version)),
            cipher=session.suite.name if session.suite is not None else hex(session.number),
            app=self.inside.app if self.inside is not None else "",
            records=session.opened,
            plaintext_out=self._plain[0],
            plaintext_in=self._plain[1],
            shut=session.failed.total(),
            reasons=tuple(reasons),
        )

    def _take(self, content: Content, now: int, found: list[Observation]) -> None:
        side, kind, data = content
        now = sent_at(content, now)
        if kind == APPLICATION_DATA and data:
            if self.inside is None:
                self.inside = Inside(self._context, self._protocols)
            self._plain[side] += len(data)
            found += self.inside.feed(_SIDES[side], data, now)
        elif kind == HANDSHAKE and self._session.version >= TLS13:
            found += shown(
                _SIDES[side], (data[0], data[1:]), now,
                client=side == self._session.client, asked=self._server_name,
            )  # fmt: skip

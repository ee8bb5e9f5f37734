# cython: language_level=3
"""In front of decryption: a flow whose key is not there and cannot come is read as if there were no keys.

Nearly every flow of a recording has no line in the log, and must not pay for those that have. So the
client's random is looked up first, by its place in the ClientHello; what reads with keys is loaded when the
first flow has one. Where the random does not stand in its place (a hello in pieces, a flow whose start was
not seen), or a key may still come, decryption takes the flow and finds out by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import cython

from procwire.decrypt.keylog import KeyLog
from procwire.dpi.contract import Context, Direction
from procwire.dpi.decryption import Decryption
from procwire.dpi.registry import Registry
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire._quic_names import V2
from procwire.dpi.wire._tls_cipher_names import CIPHERS
from procwire.dpi.wire._tls_names import VERSIONS
from procwire.model.observation import Observation

_HANDSHAKE = cython.declare(cython.int, 22)
_CLIENT_HELLO = cython.declare(cython.int, 1)
MAX_HELD = 8  # datagrams, until the hello of a QUIC connection is whole
_NOTHING: tuple[Observation, ...] = ()

Protocols = Callable[[], Registry]
Loader = Callable[[], Callable[..., Any]]


@cython.ccall
def random_of(data: bytes, transport: str) -> bytes:
    """The random of a ClientHello that starts here (RFC 8446 section 4.1.2, RFC 9147 section 5.3)."""
    stream: cython.bint = transport == "tcp"
    record: cython.Py_ssize_t = 5 if stream else 13
    at: cython.Py_ssize_t = record + (6 if stream else 14)
    if len(data) < at + 32 or data[0] != _HANDSHAKE or data[record] != _CLIENT_HELLO:
        return b""
    whole = stream or data[record + 6 : record + 9] == b"\0\0\0"
    return data[at : at + 32] if whole else b""


@cython.cclass
class Gate:
    """A parser (see contract.Parser) that becomes the plain one, or that with keys, by the first bytes.

    ``protocols``: returns those that are known inside; ``plain``: the protocol's module.
    """

    _context: Context
    _keys: KeyLog
    _protocols: Protocols
    _plain: Any
    _load: Loader
    _parser: Any
    _shut: cython.bint

    def __init__(
        self, keys: KeyLog, protocols: Protocols, plain: Any, load: Loader, context: Context
    ) -> None:
        self._context = context
        self._keys = keys
        self._protocols = protocols
        self._plain = plain
        self._load = load
        self._parser = None
        self._shut = False

    def chosen(self, data: bytes) -> Any:
        """What is to be fed from here on: this, where there is something to say at the end."""
        self._choose(random_of(data, self._context.transport))
        return self if self._shut else self._parser

    def skip(self, side: Direction) -> int:
        """See contract.Parser."""
        return 0 if self._parser is None else int(self._parser.skip(side))

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._parser is None:
            self._choose(random_of(data, self._context.transport))
        seen: Iterable[Observation] = self._parser.feed(side, data, now=now)
        return seen

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._parser is None:
            self._choose(b"")
        seen: Iterable[Observation] = self._parser.gap(side, size, now=now)
        return seen

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._shut:
            hello = getattr(self._parser, "server_hello", None)
            return unread(hello, now, self._keys.absent) if self._keys.expected else _NOTHING
        seen: Iterable[Observation] = _NOTHING if self._parser is None else self._parser.finish(now)
        return seen

    def _choose(self, random: bytes) -> None:
        self._shut = self._keys.lacks(random)
        if self._shut:
            self._parser = self._plain.Parser(self._context)
        else:
            self._parser = self._load()(self._context, self._keys, self._protocols())


@cython.cclass
class Door:
    """Asked for each flow's parser (see contract): where nobody reads what a gate would say, none is made.

    ``gate``: the class of gates; what else is given, see there.
    """

    _keys: KeyLog
    _protocols: Protocols
    _plain: Any
    _parser: Any
    _load: Loader
    _gate: Callable[..., Any]

    def __init__(
        self, keys: KeyLog, protocols: Protocols, plain: Any, load: Loader, gate: Callable[..., Any]
    ) -> None:
        self._keys = keys
        self._protocols = protocols
        self._plain = plain
        self._parser = plain.Parser
        self._load = load
        self._gate = gate

    def chosen(self, context: Context, data: bytes) -> Any:
        """The plain parser of a flow without a key; else a gate, or what it chooses."""
        if not context.told and self._keys.lacks(random_of(data, context.transport)):
            return self._parser(context)
        return self._gate(self._keys, self._protocols, self._plain, self._load, context).chosen(data)


@cython.cclass
class QuicGate(Gate):
    """The same for QUIC, whose ClientHello stands in Initial packets: the plain parser reads it first."""

    _clear: Any
    _held: list[tuple[Direction, bytes]]

    def __init__(
        self, keys: KeyLog, protocols: Protocols, plain: Any, load: Loader, context: Context
    ) -> None:
        Gate.__init__(self, keys, protocols, plain, load, context)
        self._clear = None
        self._held = []

    def chosen(self, data: bytes) -> Any:  # noqa: ARG002
        """One datagram may not tell."""
        return self

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if self._parser is None and not self._keys.expected:
            self._choose(b"")
        if self._parser is not None:
            return Gate.feed(self, side, data, now=now)
        if self._clear is None:
            if not data or not data[0] & 0x80:
                self._choose(b"")
                return Gate.feed(self, side, data, now=now)
            self._clear = self._plain.Parser(self._context)
        found = list(self._clear.feed(side, data, now=now))
        self._held.append((side, data))
        connection = self._clear.connections.latest
        random = connection.random if connection is not None else b""
        if random or len(self._held) >= MAX_HELD or self._clear.skip(side):
            found += self._begin(random, now)
        return found

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return _NOTHING

    def finish(self, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        if not self._shut or self._clear is None:
            return Gate.finish(self, now)
        connection = self._clear.connections.latest
        version = "QUICv2" if connection.version == V2 else "QUICv1"
        return unread(connection.server_hello, now, self._keys.absent, version)

    def _begin(self, random: bytes, now: int) -> Iterable[Observation]:
        held, self._held = self._held, []
        self._shut = self._keys.lacks(random)
        if self._shut:
            self._parser = self._clear
            return _NOTHING
        self._parser = self._load()(self._context, self._keys, self._protocols())
        seen: Iterable[Observation] = self._parser.take_over(self._clear, held, now)
        return seen


def unread(hello: Any, now: int, why: str, version: str = "") -> Iterable[Observation]:
    """What there is to say of a flow without a key. ``hello``: the server's; None unseen, or nobody cares.

    ``why``: see reasons.
    """
    if hello is None:
        return _NOTHING
    number = int.from_bytes(hello.ciphers[:2], "big")
    version = version or VERSIONS.get(tls_hello.chosen_version(hello), "")
    return (
        Decryption(
            time=now, side=Direction.OUT, version=version, cipher=CIPHERS.get(number, hex(number)), app="",
            records=0, plaintext_out=0, plaintext_in=0, shut=0, reasons=(why,),
        ),
    )  # fmt: skip

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

from procwire.dpi.contract import Direction
from procwire.dpi.decryption import Decryption
from procwire.dpi.registry import Registry
from procwire.dpi.wire import tls_hello
from procwire.dpi.wire._quic_names import V2
from procwire.dpi.wire._tls_cipher_names import CIPHERS
from procwire.dpi.wire._tls_names import VERSIONS
from procwire.model.observation import Observation

if cython.compiled:
    from cython.cimports.procwire.decrypt.keylog import KeyLog
    from cython.cimports.procwire.dpi.chooser import Chooser, Undecided
else:
    from procwire.decrypt.keylog import KeyLog
    from procwire.dpi.chooser import Chooser, Undecided

_HANDSHAKE = cython.declare(cython.int, 22)
_CLIENT_HELLO = cython.declare(cython.int, 1)
_LONG = cython.declare(cython.int, 0x80)  # a QUIC packet with a long header (RFC 9000 section 17.2)
MAX_HELD = 8  # datagrams, until the hello of a QUIC connection is whole
_NOTHING: tuple[Observation, ...] = ()

Protocols = Callable[[], Registry]
Loader = Callable[[], Callable[..., Any]]


@cython.ccall
def random_of(data: bytes, stream: cython.bint) -> bytes:
    """The random of a ClientHello that starts here (RFC 8446 section 4.1.2, RFC 9147 section 5.3)."""
    record: cython.Py_ssize_t = 5 if stream else 13
    at: cython.Py_ssize_t = record + (6 if stream else 14)
    place: cython.p_uchar = data
    if len(data) < at + 32 or place[0] != _HANDSHAKE or place[record] != _CLIENT_HELLO:
        return b""
    if not stream and (place[record + 6] or place[record + 7] or place[record + 8]):
        return b""  # not the first piece
    return place[at : at + 32]


@cython.cclass
class Gate(Chooser):
    """``protocols``: returns those that are known inside; ``plain``: the protocol's module; ``load``: returns
    what reads with keys.
    """

    _keys: KeyLog
    _protocols: Protocols
    _plain: Any  # its parser
    _load: Loader
    _stream: cython.bint

    def __init__(self, keys: KeyLog, protocols: Protocols, plain: Any, load: Loader) -> None:
        self._keys = keys
        self._protocols = protocols
        self._plain = plain.Parser
        self._load = load
        self._stream = "tcp" in plain.TRANSPORTS

    def choose(self, context: Any, data: bytes) -> Any:
        """See Chooser."""
        if self._keys.lacks(random_of(data, self._stream)):
            return self._plain(context)
        return self._keyed(context)

    def finish(self, parser: Any, now: cython.longlong) -> Any:
        """See Chooser."""
        if type(parser) is self._plain:
            return self._unread(parser, now) if self._keys.expects() else _NOTHING
        return list(parser.finish(now))

    @cython.cfunc
    def _keyed(self, context: Any) -> Any:
        """A parser with keys."""
        return self._load()(context, self._keys, self._protocols())

    @cython.cfunc
    def _unread(self, parser: Any, now: cython.longlong) -> Any:
        hello: Any = parser.server_hello  # None where it was not seen, or nobody cares
        if hello is None:
            return _NOTHING
        return unread(hello, now, self._keys.absent, VERSIONS.get(tls_hello.chosen_version(hello), ""))


@cython.cclass
class QuicGate(Gate):
    """The same for QUIC, whose ClientHello stands in Initial packets: the plain parser reads it first."""

    def choose(self, context: Any, data: bytes) -> Any:
        """See Chooser."""
        if self._keys.lacks(b""):
            return self._plain(context)
        if data and data[0] & _LONG:
            return Waiting(self, context)
        return self._keyed(context)

    @cython.cfunc
    def _unread(self, parser: Any, now: cython.longlong) -> Any:
        connection: Any = parser.connections.latest
        if connection is None or connection.server_hello is None:
            return _NOTHING
        version = "QUICv2" if connection.version == V2 else "QUICv1"
        return unread(connection.server_hello, now, self._keys.absent, version)

    @cython.cfunc
    def _begun(self, context: Any, random: bytes) -> Any:
        """The parser with keys of a connection, None where there are none. b"": its random is not known."""
        return None if self._keys.lacks(random) else self._keyed(context)


@cython.cclass
class Waiting(Undecided):
    """A parser (see contract.Parser) until the client's random was seen, or cannot be expected any more."""

    _gate: QuicGate
    _context: Any
    _clear: Any
    _held: list[tuple[Direction, bytes]]

    def __init__(self, gate: QuicGate, context: Any) -> None:
        self.successor = None
        self._gate = gate
        self._context = context
        self._clear = gate._plain(context)
        self._held = []

    def skip(self, side: Direction) -> int:  # noqa: ARG002
        """See contract.Parser."""
        return 0

    def feed(self, side: Direction, data: bytes, *, now: int) -> Iterable[Observation]:
        """See contract.Parser."""
        clear: Any = self._clear
        found = list(clear.feed(side, data, now=now))
        self._held.append((side, data))
        connection = clear.connections.latest
        random: bytes = connection.random if connection is not None else b""
        if random or len(self._held) >= MAX_HELD or clear.skip(side):
            keyed: Any = self._gate._begun(self._context, random)
            self.successor = clear if keyed is None else keyed
            if keyed is not None:
                found += keyed.take_over(clear, self._held, now)
        return found

    def gap(self, side: Direction, size: int, *, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """Datagrams have no gaps."""
        return _NOTHING

    def finish(self, now: int) -> Iterable[Observation]:  # noqa: ARG002
        """A flow that ended before its hello was whole."""
        return _NOTHING


def unread(hello: Any, now: int, why: str, version: str) -> Iterable[Observation]:
    """What there is to say of a flow without a key. ``hello``: the server's; ``why``: see reasons."""
    number = int.from_bytes(hello.ciphers[:2], "big")
    return (
        Decryption(
            time=now, side=Direction.OUT, version=version, cipher=CIPHERS.get(number, hex(number)), app="",
            records=0, plaintext_out=0, plaintext_in=0, shut=0, reasons=(why,),
        ),
    )  # fmt: skip

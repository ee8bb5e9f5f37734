# cython: cdivision=True
"""What a flow keeps of a hello, read in one pass: for when nobody reads the rest.

It gives what ``tls_offer``'s briefs give of the same bytes, and hands over to them where anything is odd:
a hello that does not parse, one of a draft, one that is too long. Clients repeat themselves, so a JA4 is made
once for all hellos that share what it is made of. Bounds are checked on every index.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.wire import _tls_names, ja4, tls_hello, tls_offer
from procwire.dpi.wire.tls_hello import HELLO_RETRY_RANDOM, MAX_NAME_BYTES
from procwire.dpi.wire.tls_offer import ChoiceBrief, OfferBrief, alpn_texts, name_of, plain
from procwire.model.streams import Direction

MAX_BYTES = 4096  # of a hello that is read here
MAX_MARKS = 4096  # JA4s kept
MAX_MARK_BYTES = 1024  # of what one is made of
MAX_CHOICES = 1024  # pairs of version and cipher suite kept

_SERVER_NAME = cython.declare(cython.int, tls_hello.SERVER_NAME)
_SIGNATURES = cython.declare(cython.int, tls_hello.SIGNATURES)
_ALPN = cython.declare(cython.int, tls_hello.ALPN)
_ECH = cython.declare(cython.int, tls_hello.ECH)
_VERSIONS = cython.declare(cython.int, tls_hello.VERSIONS)
_RANDOM_BYTE = cython.declare(cython.int, HELLO_RETRY_RANDOM[0])

_marks: dict[bytes, str] = {}
_choices: dict[int, tuple[str, str]] = {}


@cython.cfunc
@cython.inline
def _u16(data: bytes, at: cython.Py_ssize_t) -> cython.int:
    high: cython.int = data[at]
    low: cython.int = data[at + 1]
    return (high << 8) | low


@cython.cclass
class Glance:
    """Where in a hello's body the extensions of interest stand: offsets of their bodies, -1 for none."""

    body: bytes
    name: cython.Py_ssize_t
    name_end: cython.Py_ssize_t
    signatures: cython.Py_ssize_t
    signatures_end: cython.Py_ssize_t
    alpn: cython.Py_ssize_t
    alpn_end: cython.Py_ssize_t
    versions: cython.Py_ssize_t
    versions_end: cython.Py_ssize_t
    ech: cython.bint
    odd: cython.bint  # something is malformed, or stands twice
    grease: cython.int  # the first of RFC 8701's types, 0 for none so far
    mark: bytearray  # sorted extension types, then what else a JA4 is made of
    used: cython.Py_ssize_t

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.name = self.signatures = self.alpn = self.versions = -1
        self.name_end = self.signatures_end = self.alpn_end = self.versions_end = -1
        self.ech = self.odd = False
        self.grease = 0
        self.mark = bytearray(len(body) + 32)
        self.used = 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def extensions(self, start: cython.Py_ssize_t) -> cython.int:
        """Go through the extensions as ``tls_hello`` does; sets ``odd`` where it would find a fault."""
        body: bytes = self.body
        size: cython.Py_ssize_t = len(body)
        at: cython.Py_ssize_t = start + 2
        length: cython.Py_ssize_t
        kind: cython.int
        if at > size:
            self.odd = start != size
            return 0
        end: cython.Py_ssize_t = min(at + _u16(body, start), size)
        self.odd = at + _u16(body, start) != size
        while at + 4 <= end:
            kind = _u16(body, at)
            length = _u16(body, at + 2)
            self.sort(kind)
            at += 4
            if at + length > end:
                self.odd = True
                break
            self.note(kind, at, at + length)
            at += length
        if at != end:
            self.odd = True
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def note(self, kind: cython.int, start: cython.Py_ssize_t, end: cython.Py_ssize_t) -> cython.int:
        """Remember an extension of interest."""
        if kind == _SERVER_NAME:
            if self.name < 0:
                self.name, self.name_end = start, end
        elif kind == _ALPN:
            if self.alpn < 0:
                self.alpn, self.alpn_end = start, end
        elif kind == _SIGNATURES:
            if self.signatures < 0:
                self.signatures, self.signatures_end = start, end
        elif kind == _VERSIONS:
            if self.versions < 0:
                self.versions, self.versions_end = start, end
        elif kind == _ECH:
            self.ech = True
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def sort(self, kind: cython.int) -> cython.int:
        """Put an extension type into its place, unless it is one of RFC 8701."""
        if (kind >> 8) == (kind & 0xFF) and (kind & 0x0F) == 0x0A:
            if self.grease:  # a third one, or one that stands twice, is for the long way to judge
                self.odd = self.odd or self.grease == kind or self.grease & 1
                self.grease |= 1
            else:
                self.grease = kind
            return 0
        mark: bytearray = self.mark
        at: cython.Py_ssize_t = self.used
        before: cython.int
        while at > 0:
            before = (mark[at - 2] << 8) | mark[at - 1]
            if before <= kind:
                self.odd = self.odd or before == kind
                break
            mark[at] = before >> 8
            mark[at + 1] = before & 0xFF
            at -= 2
        mark[at] = kind >> 8
        mark[at + 1] = kind & 0xFF
        self.used += 2
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def add(self, start: cython.Py_ssize_t, end: cython.Py_ssize_t, pairs: cython.bint) -> cython.int:
        """Put a part of the hello behind the mark, without RFC 8701's numbers; its length follows it."""
        body: bytes = self.body
        mark: bytearray = self.mark
        used: cython.Py_ssize_t = self.used
        at: cython.Py_ssize_t = start
        high: cython.int
        low: cython.int
        while at + 1 < end:
            high = body[at]
            low = body[at + 1]
            at += 2
            if pairs and high == low and (high & 0x0F) == 0x0A:
                continue
            mark[used] = high
            mark[used + 1] = low
            used += 2
        if at < end and not pairs:
            mark[used] = body[at]
            used += 1
        at = used - self.used
        mark[used] = at >> 8
        mark[used + 1] = at & 0xFF
        self.used = used + 2
        return 0

    @cython.cfunc
    def server_name(self) -> bytes:
        """What ``tls_hello.host_name`` gives."""
        body: bytes = self.body
        at: cython.Py_ssize_t = self.name + 2
        length: cython.Py_ssize_t
        while self.name >= 0 and at + 3 <= self.name_end:
            length = _u16(body, at + 1)
            if body[at] == 0:
                return body[at + 3 : min(self.name_end, at + 3 + min(length, MAX_NAME_BYTES))]
            at += 3 + length
        return b""


def offered(body: bytes) -> object:
    """Raises ProtocolError where ``offer`` does: what stands in the extensions cannot make it."""
    size: cython.Py_ssize_t = len(body)
    at: cython.Py_ssize_t
    if size >= 38 and body[34] <= 32:
        at = 37 + body[34]
        if at <= size and _u16(body, at - 2) & 1 == 0:
            at += _u16(body, at - 2)
            if at < size and at + 1 + body[at] <= size:
                return None
    tls_hello.read_client_hello(body)
    return None


def offer(body: bytes, transport: str, side: Direction, now: int) -> OfferBrief:
    """What ``tls_offer.offer_brief`` gives of a ClientHello's body. Raises ProtocolError."""
    size: cython.Py_ssize_t = len(body)
    start: cython.Py_ssize_t
    ciphers: cython.Py_ssize_t
    ciphers_end: cython.Py_ssize_t
    if not 38 <= size <= MAX_BYTES or body[34] > 32:
        return _at_length(body, transport, side, now)
    ciphers = 37 + body[34]
    if ciphers > size:
        return _at_length(body, transport, side, now)
    ciphers_end = ciphers + _u16(body, ciphers - 2)
    if (ciphers_end - ciphers) & 1 or ciphers_end >= size:
        return _at_length(body, transport, side, now)
    start = ciphers_end + 1 + body[ciphers_end]
    if start > size:
        return _at_length(body, transport, side, now)
    glance = Glance(body)
    glance.extensions(start)
    if glance.odd:
        return _at_length(body, transport, side, now)
    alpn = body[glance.alpn : glance.alpn_end] if glance.alpn >= 0 else b""
    return OfferBrief(
        time=now,
        side=side,
        server_name=plain(glance.server_name()),
        alpn=alpn_texts(alpn),
        ja4=_ja4(glance, ciphers, ciphers_end, transport),
        supported_versions=glance.versions >= 0,
        ech=glance.ech,
        malformed="",
    )


def _at_length(body: bytes, transport: str, side: Direction, now: int) -> OfferBrief:
    return tls_offer.offer_brief(tls_hello.read_client_hello(body), transport, side, now)


@cython.cfunc
def _ja4(glance: Glance, ciphers: cython.Py_ssize_t, ciphers_end: cython.Py_ssize_t, transport: str) -> str:
    """The JA4 of a hello by its mark: all that goes into one, in a form that is the same for equal ones."""
    glance.add(0, 2, False)  # legacy version; the extension types stand before it
    glance.add(ciphers, ciphers_end, True)
    end: cython.Py_ssize_t = glance.versions_end
    if glance.versions < end:
        end = min(end, glance.versions + 1 + glance.body[glance.versions])
        glance.add(glance.versions + 1, end, True)
    else:
        glance.add(0, 0, True)
    glance.add(glance.alpn, glance.alpn_end, False)
    start: cython.Py_ssize_t = glance.signatures
    end = glance.signatures_end
    if start + 2 <= end:
        end = min(end, start + 2 + _u16(glance.body, start))
        glance.add(start + 2, end, True)
    else:
        glance.add(0, 0, True)
    flags: cython.int = (1 if glance.name >= 0 else 0) | (ord(transport) << 1 & 0xFE)
    glance.mark[glance.used] = flags
    mark = bytes(glance.mark[: glance.used + 1])
    found = _marks.get(mark)
    if found is None:
        found = ja4.ja4(tls_hello.read_client_hello(glance.body), transport)
        if len(mark) <= MAX_MARK_BYTES:
            if len(_marks) >= MAX_MARKS:
                _marks.clear()
            _marks[mark] = found
    return found


def choice(body: bytes, side: Direction, now: int) -> ChoiceBrief:
    """What ``tls_offer.choice_brief`` gives of a ServerHello's body. Raises ProtocolError."""
    size: cython.Py_ssize_t = len(body)
    if size < 37 or body[0] != 3 or body[34] > 32:
        return tls_offer.choice_brief(tls_hello.read_server_hello(body), side, now)
    version: cython.int = _u16(body, 0)
    at: cython.Py_ssize_t = 35 + body[34]
    if at + 3 > size:
        return tls_offer.choice_brief(tls_hello.read_server_hello(body), side, now)
    glance = Glance(body)
    glance.extensions(at + 3)
    if glance.versions >= 0 and glance.versions_end - glance.versions == 2:
        version = _u16(body, glance.versions)
    names = _names(version, _u16(body, at))
    return ChoiceBrief(
        time=now,
        side=side,
        version=names[0],
        cipher=names[1],
        retry=body[2] == _RANDOM_BYTE and body[2:34] == HELLO_RETRY_RANDOM,
        number=version,
    )


@cython.cfunc
def _names(version: cython.int, cipher: cython.int) -> tuple[str, str]:
    key: Any = version << 16 | cipher
    found = _choices.get(key)
    if found is None:
        found = (name_of(version, _tls_names.VERSIONS), name_of(cipher, _tls_names.CIPHERS))
        if len(_choices) < MAX_CHOICES:
            _choices[key] = found
    return found

# cython: language_level=3
"""Messages of DNS in HTTP/1.x (RFC 8484): in a GET's target, and in bodies whose end is announced.

A body that ends with the connection is passed over, as all others are.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.wire.dns_bodies import MEDIA_TYPE, DnsBodies
from procwire.dpi.wire.http_body import BODY, CHUNK

if cython.compiled:
    from cython.cimports.procwire.dpi.wire.http_body import Stream
    from cython.cimports.procwire.dpi.wire.http_head import Head
else:
    from procwire.dpi.wire.http_body import Stream
    from procwire.dpi.wire.http_head import Head

_TYPE_BYTES = cython.declare(cython.int, len(MEDIA_TYPE))


@cython.ccall
@cython.exceptval(check=False)
def holds_dns(head: Head) -> cython.bint:
    """Could there be a message in the target, or in the body that follows?"""
    if head.method == "GET" and "dns=" in head.target:
        return True
    kind: bytes = head.fields.get(b"content-type", b"")
    return len(kind) >= _TYPE_BYTES and kind[:_TYPE_BYTES].lower() == MEDIA_TYPE


class HttpDns:
    """One connection, from its first message of DNS on; what it finds goes to ``out``."""

    def __init__(self) -> None:
        self._bodies = DnsBodies()

    def begin(self, stream: Stream, side: int, head: Head, now: int, out: list[Any]) -> None:
        """Behind a head: the message in its target, and whether its body is read."""
        out += self._bodies.asked(side, head.method.encode(), head.target.encode(), now)
        stream.kept = stream.within() and self._bodies.begin((side, 0), head.fields)

    def piece(  # noqa: PLR0917
        self, stream: Stream, side: int, data: bytes, at: int, now: int, out: list[Any]
    ) -> int:
        """A piece of a body that is read, without the lines of its coding; see http.Parser._step."""
        carried = b""
        if stream.mode in {BODY, CHUNK}:
            end: cython.Py_ssize_t = stream.pass_over(len(data), at)
            carried = data[at:end]
        else:
            end = stream.line(data, at)
        out += self._bodies.add((side, 0), carried, now, ended=not stream.within())
        stream.kept = self._bodies.wants((side, 0))
        return end

    def drop(self, stream: Stream, side: int) -> None:
        """Bytes of the body are missing."""
        stream.kept = False
        self._bodies.drop((side, 0))

    def finish(self, now: int, out: list[Any]) -> None:
        """No more will come: queries without an answer."""
        out += self._bodies.finish(now)

# cython: language_level=3
"""Where one side of an HTTP/1.x connection stands: in a head, in a body, or lost (RFC 9112 sections 6 and 7).

Bodies are counted, never read. Refuses chunk lines and trailers without end.
"""

from __future__ import annotations

import cython

from procwire.dpi.contract import ENOUGH, ProtocolError
from procwire.model.patterns import lazy

MAX_CHUNK_LINE = 4096  # bytes, extensions included
MAX_TRAILERS = 256  # lines

HEAD, BODY, SIZE, CHUNK, CHUNK_END, TRAILER, CLOSE, HOLD, LOST = range(9)
_CHUNK_LINE = lazy(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;|\r?\Z)")


@cython.cclass
class Stream:
    """One side: what is being read (``mode``), what comes behind the body (``after``), what is left of it."""

    mode: cython.int
    after: cython.int
    left: cython.longlong
    held: bytes  # the start of something whose end has not come
    scanned: cython.Py_ssize_t  # of ``held``, without the end of a head
    tries: cython.int  # pieces looked at since it was lost
    tentative: cython.bint  # found again, but no head was read yet
    trailers: cython.int
    kept: cython.bint  # somebody reads this body

    def __init__(self) -> None:
        self.mode = self.after = HEAD
        self.left = 0
        self.held = b""
        self.scanned = 0
        self.tries = 0
        self.tentative = False
        self.trailers = 0
        self.kept = False

    @cython.ccall
    @cython.exceptval(check=False)
    def within(self) -> cython.bint:
        """Whether a body has not ended yet whose end is announced."""
        return self.mode in {BODY, SIZE, CHUNK, CHUNK_END, TRAILER}

    @cython.ccall
    def body(self, chunked: cython.bint, length: object, until_close: cython.bint) -> object:
        """Begin the body: ``length`` is its bytes, or None where none was announced."""
        if chunked:
            self.mode = SIZE
        elif length:
            self.mode = BODY
            self.left = length  # type: ignore[assignment]
        elif length is None and until_close:
            self.mode = CLOSE
        else:
            self.mode = self.after
        return None

    @cython.ccall
    def lose(self) -> object:
        """The place in the stream is not known any more."""
        self.mode = LOST
        self.after = HEAD
        self.held = b""
        self.scanned = 0
        self.left = 0
        self.kept = False
        return None

    @cython.ccall
    @cython.exceptval(check=True)
    def missing(self, size: cython.longlong) -> cython.bint:
        """Pass over a gap; False where the place in the stream is lost with it."""
        if self.mode in {BODY, CHUNK} and size <= self.left:
            self._pass(size)
            return True
        return self.mode == CLOSE

    @cython.ccall
    def skip(self) -> object:
        """How many bytes need not be seen; they count as passed over."""
        if self.mode == CLOSE:
            return ENOUGH
        if self.mode not in {BODY, CHUNK} or self.kept:
            return 0
        size = self.left
        self._pass(size)
        return size

    @cython.ccall
    @cython.exceptval(check=True)
    def pass_over(self, size: cython.Py_ssize_t, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Pass over the body in ``size`` bytes from ``at`` on; returns where it ends."""
        present: cython.longlong = size - at
        present = min(present, self.left)
        self._pass(present)
        return at + present

    @cython.cfunc
    def _pass(self, size: cython.longlong) -> object:
        self.left -= size
        if self.left <= 0:
            self.left = 0
            self.mode = self.after if self.mode == BODY else CHUNK_END
        return None

    @cython.ccall
    @cython.exceptval(check=True)
    def line(self, data: bytes, at: cython.Py_ssize_t) -> cython.Py_ssize_t:
        """Read a line of the chunked coding (RFC 9112 section 7.1); -1 where it is not whole yet."""
        end: cython.Py_ssize_t = data.find(b"\n", at)
        if (end if end >= 0 else len(data)) - at > MAX_CHUNK_LINE:
            raise ProtocolError("endless chunk line")
        if end < 0:
            return -1
        line: bytes = data[at:end]
        if self.mode == SIZE:
            found = _CHUNK_LINE.match(line)
            if found is None:
                raise ProtocolError("not a chunk size")
            self.left = int(found[1], 16)
            self.trailers = 0
            self.mode = CHUNK if self.left else TRAILER
        elif self.mode == CHUNK_END:
            if line not in {b"", b"\r"}:
                raise ProtocolError("a chunk is longer than announced")
            self.mode = SIZE
        elif line in {b"", b"\r"}:
            self.mode = self.after
        else:
            self.trailers += 1
            if self.trailers > MAX_TRAILERS:
                raise ProtocolError("endless trailers")
        return end + 1

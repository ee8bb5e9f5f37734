"""Content codings of HTTP (RFC 9110 section 8.4.1) undone, within a hard limit on what comes out.

A body of some kilobytes may unfold to gigabytes: each decoder is asked for at most what the limit leaves and
is let go then. What cannot be undone is named and the bytes are given as far as they were.
"""

from __future__ import annotations

import sys
import zlib
from typing import Any

MAX_CODINGS = 4  # applied one on another
BROTLI = "brotli is not installed (pip install 'procwire[brotli]')"


class CodingError(Exception):
    """A coding that cannot be undone, or bytes that are not of it."""


def decoded(data: bytes, codings: str, limit: int) -> tuple[bytes, str]:
    """(bytes, note). ``codings``: a Content-Encoding field; at most ``limit`` bytes come out, or are between.

    The note is empty where all went well; else it says what was not undone, or that the limit cut it.
    """
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    if len(names) > MAX_CODINGS:
        return data, f"{len(names)} codings on one another"
    for name in reversed(names):
        if name == "identity":
            continue
        try:
            data, more = _undo(name.removeprefix("x-"), data, limit)
        except CodingError as error:
            return data, str(error)
        if more:
            return data, f"cut at {limit} bytes"
    return data, ""


def _undo(name: str, data: bytes, limit: int) -> tuple[bytes, bool]:
    if name in ("gzip", "deflate"):
        return _inflated(name, data, limit)
    if name == "zstd":
        return _zstd(data, limit)
    if name == "br":
        return _brotli(data, limit)
    raise CodingError(f"coding {name[:32]!r} is not known")


def _inflated(name: str, data: bytes, limit: int) -> tuple[bytes, bool]:
    """gzip and zlib; deflate is also sent without zlib's header, against RFC 9110 section 8.4.1.2."""
    bits = 47
    if name == "deflate" and not (
        len(data) > 1 and data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
    ):
        bits = -15
    machine = zlib.decompressobj(bits)
    try:
        out = machine.decompress(data, limit + 1)
    except zlib.error as error:
        raise CodingError(f"{name}: {error}") from None
    return out[:limit], len(out) > limit


def _zstd(data: bytes, limit: int) -> tuple[bytes, bool]:
    machine: Any
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    machine = zstd.ZstdDecompressor()
    try:
        out: bytes = machine.decompress(data, limit + 1)
    except zstd.ZstdError as error:
        raise CodingError(f"zstd: {error}") from None
    return out[:limit], len(out) > limit


def _brotli(data: bytes, limit: int) -> tuple[bytes, bool]:
    try:
        import brotli
    except ImportError:
        raise CodingError(BROTLI) from None
    machine = brotli.Decompressor()
    try:
        out: bytes = machine.process(data, output_buffer_limit=limit + 1)
    except brotli.error as error:
        raise CodingError(f"br: {error}") from None
    return out[:limit], len(out) > limit

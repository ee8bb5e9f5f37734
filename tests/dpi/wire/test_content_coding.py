"""Content codings undone within their limit."""

from __future__ import annotations

import gzip
import sys
import zlib

import brotli
import pytest

from procwire.dpi.wire import content_coding
from procwire.dpi.wire.content_coding import decoded

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"what is said inside " * 100
RAW = zlib.compressobj(wbits=-15)
CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": RAW.compress(TEXT) + RAW.flush(),
    "zstd": zstd.compress(TEXT),
    "br": brotli.compress(TEXT),
    "identity": TEXT,
    "": TEXT,
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
}


@pytest.mark.parametrize("coding", CODED)
def test_each_is_undone(coding: str) -> None:
    assert decoded(CODED[coding], coding, 10_000) == (TEXT, "")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_a_bomb_stops_at_the_limit(coding: str) -> None:
    bomb = bytes(50_000_000)
    coded = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress, "br": brotli.compress}
    out, note = decoded(coded[coding](bomb), coding, 1000)
    assert (len(out), note) == (1000, "cut at 1000 bytes")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "zstd", "br"])
def test_what_is_cut_is_given_as_far_as_it_goes(coding: str) -> None:
    out, note = decoded(CODED[coding][:-3], coding, 10_000)
    assert TEXT.startswith(out)
    assert note == ""


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br"])
def test_damage_is_named(coding: str) -> None:
    out, note = decoded(b"\x01\x02no such thing", coding, 10_000)
    assert out == b"\x01\x02no such thing"
    assert note.startswith(f"{coding}: ")


def test_unknown_and_too_many() -> None:
    assert decoded(b"x", "compress", 10) == (b"x", "coding 'compress' is not known")
    assert decoded(b"x", "gzip," * 5, 10)[1] == "5 codings on one another"


def test_brotli_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "brotli", None)
    assert decoded(b"x", "br", 10) == (b"x", content_coding.BROTLI)

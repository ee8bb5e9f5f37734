from __future__ import annotations

import sys
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.dpi.wire.compressed_certificate import MAX_BYTES, unfolded

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

MESSAGE = b"\x00\x00\x01\x00" + bytes(range(256))
FOLDED = {1: zlib.compress, 2: brotli.compress, 3: zstd.compress}


def message(algorithm: int, content: bytes, length: int = len(MESSAGE)) -> bytes:
    """RFC 8879 section 4: algorithm, uncompressed length, compressed message."""
    head = algorithm.to_bytes(2, "big") + length.to_bytes(3, "big")
    return head + len(content).to_bytes(3, "big") + content


@pytest.mark.parametrize("algorithm", FOLDED)
def test_what_was_compressed_comes_back(algorithm: int) -> None:
    assert unfolded(message(algorithm, FOLDED[algorithm](MESSAGE))) == (MESSAGE, "")


@pytest.mark.parametrize("algorithm", FOLDED)
def test_a_length_that_was_not_kept_is_told(algorithm: int) -> None:
    folded = FOLDED[algorithm](MESSAGE)
    for more, words in ((-1, "cut at 259 bytes"), (1, "became 260 bytes where 261")):
        found, fault = unfolded(message(algorithm, folded, len(MESSAGE) + more))
        assert (found, words in fault) == (b"", True)


@pytest.mark.parametrize("algorithm", FOLDED)
def test_a_bomb_is_not_unfolded(algorithm: int) -> None:
    bomb = FOLDED[algorithm](bytes(1 << 24))
    assert (
        unfolded(message(algorithm, bomb, MAX_BYTES + 1))[1]
        == "it would become 262145 bytes, more than 262144"
    )
    assert unfolded(message(algorithm, bomb, MAX_BYTES)) == (b"", "cut at 262144 bytes")


def test_what_is_not_known_or_cut_says_so() -> None:
    assert unfolded(message(9, b"x"))[1] == "compressed by algorithm 9, which is not known"
    assert unfolded(b"\x00\x02\x00")[1] == "a compressed certificate is cut"
    assert unfolded(message(2, b"abc")[:-1])[1] == "the compressed length does not fit the message"
    assert unfolded(message(1, b"no zlib"))[1].startswith("deflate: ")


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    found, fault = unfolded(body)
    assert bool(fault) or isinstance(found, bytes)

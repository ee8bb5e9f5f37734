"""gzip and zstd: members and frames in a row, damage to the byte, output bounded."""

from __future__ import annotations

import contextlib
import gzip
import io
import random
import zlib
from typing import Any

import pytest

from procwire.capture.compressed import Inflated, Plain, Unzstd, stream_of
from procwire.capture.raw import Raw
from procwire.capture.source import CaptureError

try:
    from compression import zstd
except ImportError:
    from backports import zstd


def everything(data: bytes, size: int = 1000) -> tuple[bytes, str]:
    """All bytes of a stream, and the reason it ended early."""
    stream = stream_of(Raw(io.BytesIO(data)))
    view, got = memoryview(bytearray(size)), b""
    try:
        while count := stream.readinto(view):
            got += view[:count]
    except CaptureError as error:
        return got, error.reason
    return got, ""


def text(size: int) -> bytes:
    return bytes(random.Random(size).choices(range(64), k=size))


PACKERS: dict[str, Any] = {"gzip": gzip.compress, "zstd": zstd.compress}


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
def test_one_and_several(packer: Any) -> None:
    a, b = text(100_000), text(3)
    assert everything(packer(a)) == (a, "")
    assert everything(packer(a) + packer(b"") + packer(b)) == (a + b, "")
    assert everything(packer(a), 1 << 20) == (a, "")


@pytest.mark.parametrize("packer", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("cut", [5, 11, 40, 50_000, 60_001, -1])
def test_a_cut_stream_gives_what_it_has(packer: Any, cut: int) -> None:
    whole = text(100_000)
    got, reason = everything(packer(whole)[:cut])
    assert whole.startswith(got)
    assert reason.endswith("data ends early")


def test_damaged_gzip_gives_every_byte_before_the_damage() -> None:
    whole = text(100_000)
    packed = bytearray(gzip.compress(whole))
    packed[len(packed) // 2 : len(packed) // 2 + 400] = bytes(400)
    got, reason = everything(bytes(packed))
    machine, want = zlib.decompressobj(wbits=31), b""
    with contextlib.suppress(zlib.error):
        for byte in packed:
            want += machine.decompress(bytes([byte]))
    assert len(want) <= len(got) < len(want) + 8 * 258
    assert got[: len(want)] == want
    assert got[:40_000] == whole[:40_000]
    assert reason.startswith("damaged gzip data (")


def test_a_wrong_checksum_gives_all_and_says_so() -> None:
    packed = bytearray(gzip.compress(b"x" * 5000))
    packed[-8] ^= 1
    assert everything(bytes(packed)) == (b"x" * 5000, "damaged gzip data (incorrect data check)")


def test_damaged_zstd_says_so() -> None:
    options = {zstd.CompressionParameter.checksum_flag: 1}
    packed = bytearray(zstd.compress(text(900_000), options=options))
    packed[400_000:400_400] = bytes(400)
    got, reason = everything(bytes(packed))
    assert text(900_000).startswith(got[:128_000])
    assert reason.startswith("damaged zstd data (")


def test_what_follows_gzip() -> None:
    packed = gzip.compress(b"abc")
    assert everything(packed + bytes(70_000)) == (b"abc", "")
    assert everything(packed + b"junk") == (b"abc", "something else follows the gzip data")
    assert everything(packed + b"\x1f") == (b"abc", "something else follows the gzip data")


def test_a_bomb_comes_out_in_the_pieces_asked_for() -> None:
    stream = Inflated(Raw(io.BytesIO(gzip.compress(bytes(50_000_000)))))
    view = memoryview(bytearray(4096))
    assert [stream.readinto(view) for _ in range(100)] == [4096] * 100


def test_a_window_beyond_the_bound_is_refused() -> None:
    options = {zstd.CompressionParameter.window_log: 29, zstd.CompressionParameter.compression_level: 1}
    machine = zstd.ZstdCompressor(options=options)
    packed = machine.compress(text(300_000)) + machine.compress(text(300_000)) + machine.flush()
    assert everything(packed)[1].startswith("damaged zstd data (")


def test_kinds_are_told_by_their_first_bytes() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd" + zstd.compress(b"abc")
    assert everything(skippable) == (b"abc", "")
    kinds = [
        type(stream_of(Raw(io.BytesIO(data))))
        for data in (b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x28\xb5")
    ]
    assert kinds == [Plain, Inflated, Unzstd, Plain]

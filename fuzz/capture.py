"""Fuzz the reading of capture files: ``python fuzz/capture.py [--seconds 600] [--seed N]``.

The invariant, for any bytes, strict or lenient, one file or two merged, in small buffers or large:
only CaptureError escapes; every frame lies inside its batch's buffer; times lie in 0..MAX_TIME; reading ends;
lenient reading gives every frame that strict reading gives, and no buffer grows beyond the stated bound.
"""

from __future__ import annotations

import argparse
import gzip
import io
import random
import struct
import sys
import time

from procwire.capture.blocks import MAX_TIME
from procwire.capture.chunks import LEAST_READ
from procwire.capture.files import open_files
from procwire.capture.pcap import MAX_RECORD
from procwire.capture.reader import Reader
from procwire.capture.roster import Roster
from procwire.capture.source import CaptureError

MAX_BUFFER = MAX_RECORD + LEAST_READ + 64
INTERESTING = [
    0,
    1,
    2,
    3,
    4,
    12,
    16,
    24,
    28,
    32,
    0xFF,
    0xFFFF,
    0x10000,
    0x40000,
    1 << 24,
    0x7FFFFFFF,
    0xFFFFFFFF,
]
MAGICS = [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34]

Frame = tuple[int, int, bytes]


def option(draw: random.Random, order: str) -> bytes:
    value = draw.randbytes(draw.choice([0, 1, 4, 8, 17]))
    return (
        struct.pack(order + "HH", draw.choice([0, 1, 2, 4, 5, 9, 11, 14]), len(value))
        + value
        + bytes(-len(value) % 4)
    )


def options(draw: random.Random, order: str) -> bytes:
    return b"".join(option(draw, order) for _ in range(draw.randrange(4)))


def pcap_seed(draw: random.Random) -> bytes:
    """A valid pcap file of any kind."""
    order, magic = draw.choice("<>"), draw.choice(MAGICS)
    version = draw.choice([(2, 4), (2, 4), (2, 3), (2, 2), (543, 0)])
    data = struct.pack(
        order + "IHHiIII", magic, *version, 0, 0, draw.choice([0, 96, 65535, 262144, 1 << 25]), 1
    )
    for number in range(draw.randrange(12)):
        frame = draw.randbytes(draw.choice([0, 1, 60, 60, 200, 1514]))
        data += struct.pack(order + "IIII", 1_700_000_000 + number, number, len(frame), len(frame))
        data += (draw.randbytes(8) if magic == 0xA1B2CD34 else b"") + frame
    return data


def pcapng_seed(draw: random.Random) -> bytes:
    """A valid pcapng file of several sections."""
    data = b""
    for _ in range(draw.choice([1, 1, 2, 3])):
        order = draw.choice("<>")
        body = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options(draw, order)
        data += block(0x0A0D0D0A, body, order)
        for _ in range(draw.randrange(3)):
            described = struct.pack(order + "HHI", 1, 0, draw.choice([0, 10])) + options(draw, order)
            data += block(1, described, order)
        for number in range(draw.randrange(10)):
            data += any_block(draw, order, number)
    return data


def any_block(draw: random.Random, order: str, number: int) -> bytes:
    kind = draw.choice([6, 6, 6, 6, 3, 2, 4, 5, 9, 10, 0xBAD, 0x40000BAD, 77])
    frame = draw.randbytes(draw.choice([0, 1, 60, 61, 200]))
    padded = frame + bytes(-len(frame) % 4)
    if kind in {6, 2}:
        head = struct.pack(order + "IIIII", 0, 400_000, number, len(frame), len(frame))
        return block(kind, head + padded + options(draw, order), order)
    if kind == 3:
        return block(kind, struct.pack(order + "I", len(frame)) + padded, order)
    return block(kind, draw.randbytes(draw.choice([0, 4, 12, 20])) + options(draw, order), order)


def block(kind: int, body: bytes, order: str) -> bytes:
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def mutated(draw: random.Random, data: bytes) -> bytes:
    """A few faults of the kinds that files have: flipped, overwritten, lost, doubled, cut, compressed."""
    room = bytearray(data)
    for _ in range(draw.choice([0, 1, 1, 2, 4, 8])):
        at = draw.randrange(len(room) + 1)
        match draw.randrange(6):
            case 0 if at < len(room):
                room[at] ^= 1 << draw.randrange(8)
            case 1:
                room[at & ~3 : (at & ~3) + 4] = struct.pack(draw.choice("<>") + "I", draw.choice(INTERESTING))
            case 2:
                del room[at : at + draw.randrange(40)]
            case 3:
                room[at:at] = room[max(0, at - draw.randrange(90)) : at]
            case 4:
                room[at:at] = draw.randbytes(draw.randrange(40))
            case _:
                del room[max(at, len(room) - draw.randrange(1, 99)) :]
    if draw.randrange(8) == 0:
        packed = bytearray(gzip.compress(bytes(room), 1, mtime=0))
        if draw.randrange(2):
            packed[draw.randrange(10, len(packed))] ^= 1 << draw.randrange(8)
        return bytes(packed)
    return bytes(room)


def frames(data: bytes, *, lenient: bool, chunk: int = 1 << 16, rows: int = 64) -> list[Frame]:
    """All frames that can be had, after checking what must hold for each."""
    reader = Reader(io.BytesIO(data), Roster(), lenient=lenient)
    found: list[Frame] = []
    try:
        for batch in reader.batches(chunk=chunk, rows=rows):
            assert 0 < batch.count <= batch.capacity
            assert len(batch.buffer) <= MAX_BUFFER
            for row in range(batch.count):
                end = batch.offset[row] + batch.captured[row]
                assert 0 <= batch.offset[row] <= end <= len(batch.buffer)
                assert 0 <= batch.time[row] <= MAX_TIME
                assert batch.wire[row] >= batch.captured[row]
                found.append((batch.time[row], batch.wire[row], batch.frame(row)))
    except CaptureError as error:
        if "\n" in str(error):
            raise RuntimeError(f"not one line: {error}") from error
    finally:
        reader.close()
    return found


def check(draw: random.Random) -> None:
    """One input, read in every way."""
    make = draw.choice([pcap_seed, pcapng_seed])
    data = mutated(draw, make(draw))
    strict = frames(data, lenient=False)
    lenient = frames(data, lenient=True)
    assert lenient[: len(strict)] == strict
    assert frames(data, lenient=True, chunk=draw.randrange(64, 400), rows=draw.randrange(1, 9)) == lenient
    if draw.randrange(10) == 0:
        other = mutated(draw, make(draw))
        source = open_files([io.BytesIO(data), io.BytesIO(other)], merge=True, lenient=True)
        merged = 0
        try:
            for batch in source.batches():
                merged += batch.count
        except CaptureError:
            pass
        assert merged == source.counts.frames == len(lenient) + len(frames(other, lenient=True))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None, help="run this one input, as a failure names it")
    words = parser.parse_args()
    if words.seed is not None:
        check(random.Random(words.seed))
        print(f"seed {words.seed}: holds")
        return 0
    end = time.monotonic() + words.seconds
    start = number = random.SystemRandom().getrandbits(48)
    while time.monotonic() < end:
        try:
            check(random.Random(number))
        except BaseException:
            print(f"seed {number} breaks the invariant", file=sys.stderr)
            raise
        number += 1
    print(f"capture: {number - start} inputs; only CaptureError escapes, frames lie in buffers, reading ends")
    return 0


if __name__ == "__main__":
    sys.exit(main())

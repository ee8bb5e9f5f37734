"""Capture files made in memory, of every shape the formats allow, for the tests of the capture room."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from procwire.capture.files import FileSource, open_files
from procwire.capture.source import CaptureError

SHARED = Path(os.environ.get("PROCWIRE_SHARED", Path(__file__).parents[2].parent / "shared"))
CORPORA = SHARED / "corpora"

Row = tuple[int, int, int, int, bytes]  # time, wire, link, flags, bytes


def corpora(*patterns: str) -> list[Path]:
    """Files of the shared corpora, where they are present."""
    return sorted(path for pattern in patterns for path in CORPORA.glob(pattern) if path.is_file())


def pcap_header(
    order: str = "<", magic: int = 0xA1B2C3D4, *, version: tuple[int, int] = (2, 4), **rest: int
) -> bytes:
    return struct.pack(
        order + "IHHiIII", magic, *version, 0, 0, rest.get("snaplen", 262_144), rest.get("link", 1)
    )


def record(seconds: int, fraction: int, data: bytes, *, wire: int = -1, order: str = "<") -> bytes:
    return struct.pack(order + "IIII", seconds, fraction, len(data), wire if wire >= 0 else len(data)) + data


def pcap(count: int = 10, order: str = "<") -> bytes:
    """A plain file; frame n has 60 + n bytes."""
    return pcap_header(order) + b"".join(
        record(1_700_000_000 + n, n, bytes([n & 255]) * (60 + n), order=order) for n in range(count)
    )


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def section(order: str = "<", length: int = -1, options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length) + options, order)


def interface(order: str = "<", *, link: int = 1, snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options, order)


def packet(stamp: int, data: bytes, *, order: str = "<", number: int = 0, options: bytes = b"") -> bytes:
    head = struct.pack(order + "IIIII", number, stamp >> 32, stamp & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def pcapng(count: int = 10, order: str = "<") -> bytes:
    """A plain file; frame n has 60 + n bytes."""
    return (
        section(order)
        + interface(order)
        + b"".join(
            packet((1_700_000_000 + n) * 1_000_000 + n, bytes([n & 255]) * (60 + n), order=order)
            for n in range(count)
        )
    )


def read_all(source: FileSource) -> tuple[list[Row], CaptureError | None]:
    """Every frame, and the error at the end if there was one."""
    found: list[Row] = []
    try:
        for batch in source.batches():
            assert batch.first == len(found) + 1
            for n in range(batch.count):
                assert batch.offset[n] + batch.captured[n] <= len(batch.buffer)
                found.append((batch.time[n], batch.wire[n], batch.link[n], batch.flags[n], batch.frame(n)))
    except CaptureError as error:
        return found, error
    finally:
        source.close()
    return found, None


def read(path: Path | str, *, lenient: bool = False) -> tuple[list[Row], CaptureError | None, FileSource]:
    source = open_files([str(path)], lenient=lenient)
    found, error = read_all(source)
    return found, error, source


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path

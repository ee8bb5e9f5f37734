"""The words that every source of frames shares: interface, counts, error, and what a source offers.

Refuses to read anything: files and live rings are their own modules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import msgspec

from procwire.model.frames import FrameBatch

# What a capture program would use when no limit was asked for (libpcap MAXIMUM_SNAPLEN).
DEFAULT_SNAPLEN = 262_144
Files = tuple[BinaryIO, ...]  # open ones


class CaptureError(Exception):
    """Frames could not be had: where, and why, in one line.

    path      the file, ``-`` for standard input, or the interface
    offset    bytes from the start of the (uncompressed) data, or None where it has no meaning
    reason    one clause, without a full stop
    inside    the compression that ``offset`` looks through: ``gzip``, ``zstd`` or empty
    """

    def __init__(self, path: str, offset: int | None, reason: str, *, inside: str = "") -> None:
        super().__init__(path, offset, reason)
        self.path = path
        self.offset = offset
        self.reason = reason
        self.inside = inside

    def __str__(self) -> str:
        if self.offset is None:
            return f"{self.path}: {self.reason}"
        where = f"offset {self.offset} of the uncompressed data" if self.inside else f"offset {self.offset}"
        return f"{self.path}: {where}: {self.reason}"


class Interface(msgspec.Struct, kw_only=True):
    """Where frames were seen. ``index`` is its place in the source's list; 0 is "not said"."""

    index: int = 0
    name: str = ""
    link: int = 0  # LINKTYPE_*
    snaplen: int = 0  # bytes kept of a frame; 0 is no limit
    description: str = ""
    filter: str = ""
    os: str = ""
    resolution: int = 9  # if_tsresol as in the file: 6 is microseconds, 9 nanoseconds, 0x80 | n is 2^-n


class Comment(msgspec.Struct, kw_only=True, frozen=True):
    """A remark found in a file. ``frame`` counts from 1 in that file; 0 is about the file, not a frame."""

    path: str
    frame: int
    text: str


class Counts(msgspec.Struct, kw_only=True):
    """What a source has handed on and what it lost, so far."""

    frames: int = 0
    bytes: int = 0  # captured bytes of those frames
    dropped: int = 0  # frames lost before us: kernel drops, or what a file's statistics say
    damaged: int = 0  # spots in a file that could not be read
    skipped_bytes: int = 0  # bytes passed over at those spots
    skipped_blocks: int = 0  # well-formed blocks of a kind that holds nothing for us
    odd_times: int = 0  # frames whose time was out of range and was moved to the nearest bound
    unkept: int = 0  # names, comments, secrets and interfaces beyond the stated bounds


class Source(Protocol):
    """Frames, batch by batch.

    A batch stays valid, buffer and columns, until two further batches have been taken: the next can be
    decoded while this one is in use.
    """

    interfaces: list[Interface]  # [0] is "not said"; grows while reading, never shrinks

    @property
    def counts(self) -> Counts:
        """Up to date whenever a batch has been taken."""
        ...

    def batches(self) -> Iterator[FrameBatch]:
        """Every frame in order. Raises CaptureError after the last frame that could be had."""
        ...

    def close(self) -> None:
        """Give back descriptors and memory; may be called twice."""
        ...

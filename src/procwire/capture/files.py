"""Capture files as a source of frames: pcap and pcapng, plain or compressed, one or several.

Files are read in the order given, or merged by time. Memory is bounded and does not depend on a file's size:
three chunks of 1 MiB, or as asked for (one of 16 MiB per giant record), for merged files see
``capture.merge``; what is lent is as much as is kept. Refuses to seek, to map files, and to guess:
what is neither pcap nor pcapng is an error that says so.

Damage: everything before it is handed on. Then, strict, the file is given up, the next one is read, and the
first error is raised after the last frame of the last file (all are in ``errors``). Lenient, reading goes
on at the next plausible record or block (the rules stand in ``capture.pcap`` and ``capture.pcapng``), and
spots and skipped bytes are counted.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from procwire.capture.blocks import Lore
from procwire.capture.chunks import CHUNK_BYTES
from procwire.capture.compressed import stream_of
from procwire.capture.lending import Lending
from procwire.capture.merge import FILE_CHUNK, FILE_ROWS, MAX_MERGED, merged
from procwire.capture.raw import Raw, reason_of, size_of
from procwire.capture.reader import Reader
from procwire.capture.roster import Roster
from procwire.capture.source import CaptureError, Comment, Counts, Interface
from procwire.model.frames import CAPACITY, FrameBatch

_PCAPNG = b"\x0a\x0d\x0d\x0a"


def open_files(
    paths: Sequence[str | BinaryIO],
    *,
    merge: bool = False,
    lenient: bool = False,
    chunk_bytes: int = CHUNK_BYTES,
    lent: bool = False,
) -> FileSource:
    """A source over these files; ``-`` is standard input, binary file objects are read as they are.

    ``chunk_bytes``: how much of a file is read at once, where files are not merged: of larger chunks fewer
    batches come, for who has much to do with each. ``lent``: not merged, each batch stays valid until it is
    given back (``FileSource.lending``).

    Raises CaptureError at once for a path that cannot be read, or too many files to merge.
    """
    if merge and len(paths) > MAX_MERGED:
        raise CaptureError(str(paths[MAX_MERGED]), None, f"cannot merge more than {MAX_MERGED} files")
    for path in paths:
        if isinstance(path, str) and path != "-":
            _check(path)
    lending = Lending(size=chunk_bytes, rows=CAPACITY) if lent else None
    return FileSource(paths, merge=merge, lenient=lenient, chunk_bytes=chunk_bytes, lending=lending)


def plain_bytes(path: str) -> int | None:
    """Bytes of a regular file that is not compressed, which several may read at once; None for all else."""
    size = size_of(path) if path != "-" else None
    if not size:
        return None
    try:
        raw = Raw(path)
        kind = stream_of(raw).kind
        raw.close()
    except CaptureError:
        return None
    return None if kind else size


def _check(path: str) -> None:
    """Say at once what is wrong with a path, not after hours of reading the files before it."""
    try:
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise CaptureError(path, None, reason_of(error)) from None
    if stat.S_ISDIR(status.st_mode):
        raise CaptureError(path, None, "is a directory")
    if not os.access(path, os.R_OK):
        raise CaptureError(path, None, "permission denied")


def may_hold_secrets(path: str) -> bool:
    """Could this capture have Decryption Secrets Blocks? Of what cannot be looked into first: yes."""
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):
            return True
        with Path(path).open("rb") as file:
            return file.read(4) in {_PCAPNG, b""} or path.endswith(
                (".gz", ".zst")
            )  # empty: until it is written
    except OSError:
        return True


class FileSource:
    """A Source over files; made by ``open_files``.

    interfaces    every interface met so far; [0] is "not said"
    errors        what was wrong with which file, so far
    names         address -> names, from Name Resolution Blocks
    secrets       (type, bytes) of each Decryption Secrets Block (0x544c534b is a TLS key log)
    comments      comments on frames, interfaces and sections
    lending       where batches that are lent are given back to; else None
    """

    def __init__(
        self,
        paths: Sequence[str | BinaryIO],
        *,
        merge: bool,
        lenient: bool,
        chunk_bytes: int = CHUNK_BYTES,
        lending: Lending | None = None,
    ) -> None:
        self.errors: list[CaptureError] = []
        self.lending = lending
        self._roster = Roster()
        self._merge = merge
        self._chunk = chunk_bytes
        self._readers = [Reader(path, self._roster, lenient=lenient, shelf=lending) for path in paths]
        self._frames = 0

    def hold(self, most: int) -> list[str]:
        """Open the files now, ``most`` of them; the paths of those that are left. Raises CaptureError."""
        for reader in self._readers[:most]:
            reader.hold()
        return [reader.path for reader in self._readers[most:]]

    @property
    def interfaces(self) -> list[Interface]:
        """See Source."""
        return self._roster.entries

    @property
    def counts(self) -> Counts:
        """See Source."""
        total = Counts(unkept=self._roster.unkept)
        for reader in self._readers:
            reader.add_counts(total)
        return total

    @property
    def progress(self) -> tuple[int, int | None]:
        """Bytes of the files read so far, as they lie on disk, and in all; None where that is unknown."""
        taken = sum(reader.taken for reader in self._readers)
        totals = [reader.total for reader in self._readers]
        known = [total for total in totals if total is not None]
        return taken, sum(known) if len(known) == len(totals) else None

    @property
    def names(self) -> dict[str, list[str]]:
        """See the class."""
        found: dict[str, list[str]] = {}
        for lore in self._lores():
            for address, names in lore.names.items():
                known = found.setdefault(address, [])
                known += [name for name in names if name not in known]
        return found

    @property
    def secrets(self) -> list[tuple[int, bytes]]:
        """See the class."""
        return [secret for lore in self._lores() for secret in lore.secrets]

    @property
    def comments(self) -> list[Comment]:
        """See the class."""
        return [
            Comment(path=reader.path, frame=frame, text=text)
            for reader in self._readers
            for frame, text in reader.lore.comments
        ]

    def _lores(self) -> Iterator[Lore]:
        return (reader.lore for reader in self._readers)

    def batches(self) -> Iterator[FrameBatch]:
        """See Source; the error that is raised is the first of ``errors``."""
        for batch in self._merged() if self._merge else self._in_turn():
            batch.first = self._frames + 1
            self._frames += batch.count
            yield batch
        if self.errors:
            raise self.errors[0]

    def _merged(self) -> Iterator[FrameBatch]:
        small = {"chunk": FILE_CHUNK, "rows": FILE_ROWS, "lives": 1}
        return merged([self._guarded(reader, **small) for reader in self._readers])

    def _in_turn(self) -> Iterator[FrameBatch]:
        for reader in self._readers:
            yield from self._guarded(reader, chunk=self._chunk)

    def _guarded(self, reader: Reader, **size: int) -> Iterator[FrameBatch]:
        """A file's batches; its error is kept, so that the other files are read too."""
        try:
            yield from reader.batches(**size)
        except CaptureError as error:
            self.errors.append(error)
        finally:
            reader.close()

    def close(self) -> None:
        """See Source."""
        for reader in self._readers:
            reader.close()

"""A bundle as a directory or as one ``.tar.zst``: read within bounds, written whole.

Nothing of an archive is unpacked by its own names: members are read by the names that are asked for, and only
regular files count. Sizes are bounded, as an archive is somebody's word.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, BinaryIO

from procwire.capture import pcap, pcapng
from procwire.disk import lasting
from procwire.recorder.reason import RecorderError

SUFFIX = ".tar.zst"
ZSTANDARD = b"\x28\xb5\x2f\xfd"  # RFC 8878 section 3.1.1
SKIPPED = b"\x2a\x4d\x18"  # behind a byte of any use: section 3.1.2
MAX_UNPACKED_BYTES = 64 << 30
MAX_MEMBERS = 10_000
COPY_BYTES = 1 << 20
LEVEL = 3
AT_ONCE = 8


class Container:
    """Files by name; a context manager. Raises RecorderError for what is no bundle."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive: tarfile.TarFile | None = None
        self._members: dict[str, tarfile.TarInfo] = {}
        if path.is_dir():
            return
        try:
            self._open()
        except (OSError, tarfile.TarError, ValueError, EOFError, _zstd().ZstdError) as error:
            raise RecorderError(f"{path}: {_reason(error)}") from None

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *_: object) -> None:
        if self._archive is not None:
            self._archive.close()

    def names(self) -> list[str]:
        """What is in it, sorted."""
        if self._archive is not None:
            return sorted(self._members)
        found = (each for each in self.path.rglob("*") if each.is_file() and not each.is_symlink())
        return sorted(str(each.relative_to(self.path)) for each in found)

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        """One file. Raises RecorderError where there is none."""
        try:
            file = self._file(name)
        except (OSError, KeyError, tarfile.TarError) as error:
            raise RecorderError(f"{self.path}: {name}: {_reason(error)}") from None
        with file:
            yield file

    def read(self, name: str, most: int = 64 << 20) -> bytes:
        """A small file, whole."""
        with self.open(name) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise RecorderError(f"{self.path}: {name}: larger than {most} bytes")
        return data

    def real(self, name: str) -> Path | BinaryIO:
        """A path of the file, or a nameless copy of it."""
        if self._archive is None:
            return self.path / name
        copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller reads it
        with self.open(name) as file:
            shutil.copyfileobj(file, copy, COPY_BYTES)
        copy.seek(0)
        return copy

    def _file(self, name: str) -> IO[bytes]:
        if self._archive is not None:
            found = self._archive.extractfile(self._members[name])
            if found is None:
                raise KeyError(name)
            return found
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.fdopen(os.open(self.path / name, flags), "rb")

    def _open(self) -> None:
        with self.path.open("rb") as file:
            start = file.read(24)
        if start[:4] != ZSTANDARD and start[1:4] != SKIPPED:
            raise ValueError(_refused(start))
        plain = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the archive
        with _zstd().open(self.path, "rb") as packed:
            done = 0
            while part := packed.read(COPY_BYTES):
                done += len(part)
                if done > MAX_UNPACKED_BYTES:
                    raise ValueError(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")
                plain.write(part)
        plain.seek(0)
        self._archive = tarfile.open(fileobj=plain, mode="r:")  # noqa: SIM115 - until __exit__
        for member in self._archive:
            if len(self._members) >= MAX_MEMBERS:
                raise ValueError(f"has more than {MAX_MEMBERS} files")
            name = member.name.removeprefix("./").partition("/")[2] or member.name
            if member.isfile() and not name.startswith(("/", "../")) and "/../" not in name:
                self._members[name] = member


def settle(made: Path, output: Path) -> None:
    """Give a file or directory its name once all of it is on the disk, and wait until the name is, too.

    After a crash it is whole or not there. Raises OSError.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:  # the journal commits together what waits together
        list(pool.map(lasting.settle, made.rglob("*")))
    lasting.settle(made)
    made.rename(output)
    lasting.settle(output.parent)


def pack(directory: Path, output: Path) -> None:
    """The directory as one archive, under its own name, in a fixed order. Raises OSError."""
    output.touch(mode=0o600, exist_ok=False)
    with (
        _zstd().open(output, "wb", level=LEVEL) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for path in sorted(directory.rglob("*")):
            archive.add(
                path, f"{directory.name}/{path.relative_to(directory)}", recursive=False, filter=_plain
            )


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member


def _refused(start: bytes) -> str:
    """Why a file that starts so is none."""
    if pcap.recognise(start) or pcapng.recognise(start):
        return "is a capture, and no bundle: 'procwire incident export' makes one of it"
    return f"is no bundle: neither a directory nor a {SUFFIX}"


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return "is not there"
    return str(getattr(error, "strerror", None) or error or "is no bundle").splitlines()[0]


def _zstd() -> Any:
    try:
        from compression import zstd
    except ImportError:
        from backports import zstd
    return zstd

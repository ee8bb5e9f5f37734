"""The directory of incidents: made before confinement, written through one descriptor after it.

Whoever is confined is another user by then, may come through no parent directory and may write to files it
opens with pwrite(2) alone (see ``sandbox.allowed``): so the directory is given to that user, everything in it
is opened beside its descriptor, and no buffered file is used. Refuses to remove: an incident is evidence.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Protocol

from procwire.recorder.reason import RecorderError
from procwire.store.place import state_directory

FOLDER = "incidents"
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Owner(Protocol):
    """Who will write."""

    @property
    def uid(self) -> int:
        """User."""

    @property
    def gid(self) -> int:
        """Group."""


def place(named: str = "") -> Path:
    """Where incidents lie: ``named``, else beside the store."""
    return Path(named) if named else state_directory() / FOLDER


class Vault:
    """Raises RecorderError where the directory cannot be had, or is somebody else's."""

    def __init__(self, path: Path, *, quota_bytes: int, owner: Owner | None = None) -> None:
        self.path = path
        self.quota_bytes = quota_bytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            self._give(owner)
            self.used_bytes = _sizes(path)
        except OSError as error:
            raise RecorderError(f"{path}: {error.strerror or error}") from None

    def _give(self, owner: Owner | None) -> None:
        """What a stranger could have prepared is not taken; what is the writer's already is left."""
        found = os.fstat(self._fd)
        mine = (os.geteuid(), *(() if owner is None else (owner.uid,)))
        if found.st_uid not in mine:
            raise RecorderError(f"{self.path}: belongs to another user")
        if stat.S_IMODE(found.st_mode) & 0o022:
            raise RecorderError(f"{self.path}: others may write there")
        if owner is not None and os.geteuid() == 0 and found.st_uid != owner.uid:
            os.fchown(self._fd, owner.uid, owner.gid)

    def make(self, name: str) -> None:
        """A directory for one incident. Raises OSError."""
        os.mkdir(name, 0o700, dir_fd=self._fd)

    def create(self, name: str) -> Spilled:
        """A new file in it. Raises OSError."""
        return Spilled(self, os.open(name, NEW, 0o600, dir_fd=self._fd))

    def replace(self, name: str, data: bytes) -> None:
        """A whole file at once, in the place of the one that was. Raises OSError."""
        fresh = f"{name}.new"
        file = self.create(fresh)
        try:
            file.force(data)
            os.fsync(file.fd)
        finally:
            file.close()
        os.rename(fresh, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def settle(self, name: str) -> None:
        """Wait until the names of files in an incident, and its own, are on the disk. Raises OSError."""
        held = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._fd)
        try:
            os.fsync(held)
        finally:
            os.close(held)
        os.fsync(self._fd)

    def close(self) -> None:
        """Let go of the directory."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Spilled:
    """A file that grows within the quota of all."""

    def __init__(self, vault: Vault, fd: int) -> None:
        self.fd = fd
        self.bytes = 0
        self._vault = vault

    def add(self, data: bytes | bytearray | memoryview) -> bool:
        """Append; False, with nothing written, where it would go beyond the quota. Raises OSError."""
        if self._vault.used_bytes + len(data) > self._vault.quota_bytes:
            return False
        self.force(data)
        return True

    def force(self, data: bytes | bytearray | memoryview) -> None:
        """Append beyond the quota too: the few bytes that say what an incident is. Raises OSError."""
        view = memoryview(data)
        start = self.bytes
        while view:
            done = os.pwrite(self.fd, view, self.bytes)
            self.bytes += done
            view = view[done:]
        self._vault.used_bytes += self.bytes - start

    def close(self) -> None:
        """May be called twice."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def _sizes(path: Path) -> int:
    return sum(each.lstat().st_size for each in path.rglob("*") if not each.is_symlink() and each.is_file())

"""Where the store lies, and whose it is: a directory and files that nobody else can read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from procwire.store.reason import StoreError

SYSTEM = "/var/lib/procwire"
FILE = "history.db"


def state_directory(environ: Mapping[str, str] = os.environ, *, uid: int | None = None) -> Path:
    """/var/lib/procwire for root, else procwire's in XDG_STATE_HOME (~/.local/state by default)."""
    if (os.geteuid() if uid is None else uid) == 0:
        return Path(SYSTEM)
    home = environ.get("XDG_STATE_HOME") or f"{environ.get('HOME') or '/'}/.local/state"
    return Path(home, "procwire")


def store_file(named: str = "", environ: Mapping[str, str] = os.environ) -> Path:
    """The file: in the directory ``named`` or in the usual one; a name that ends in .db is the file."""
    if named.endswith(".db"):
        return Path(named)
    return Path(named or state_directory(environ), FILE)


def prepare(path: Path) -> None:
    """Make the directory (0700) and an empty file (0600) where they are missing. Raises StoreError.

    What is there must be a regular file of ours: root writes into no file that another user laid there.
    """
    try:
        _directory(path.parent)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO)
        raise StoreError(f"{path}: {error.strerror or error}", failed=full) from None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise StoreError(f"{path}: not a regular file")
        if found.st_uid not in (os.geteuid(), _owner(path.parent)):
            raise StoreError(f"{path}: belongs to another user")
    finally:
        os.close(fd)


def _directory(path: Path) -> None:
    if not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)


def _owner(path: Path) -> int:
    return path.stat().st_uid

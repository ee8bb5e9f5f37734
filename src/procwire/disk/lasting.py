"""Files and names that outlast a crash: written, and waited for. Refuses to know what is in them.

fsync(2) of a file says nothing of its name: that is in its directory, which is waited for as well.
"""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path) -> None:
    """Wait until a file's bytes, or the names in a directory, are on the disk. Raises OSError."""
    held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def write(path: Path, data: bytes, *, mode: int = 0o644, new: bool = False) -> None:
    """A file of these bytes alone, which are on the disk then; its name is not yet: see ``settle``.

    No link is followed. ``new``: there must be none of that name. Raises OSError.
    """
    how = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_EXCL if new else os.O_TRUNC)
    held = os.open(path, how, mode)
    with os.fdopen(held, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

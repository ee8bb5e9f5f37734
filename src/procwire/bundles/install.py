"""Putting a bundle's files in place: all of them or none, and the way back.

The whole directory is copied beside itself, changed there, checked there, and then takes the place of the old
one in one step of the kernel (renameat2 with RENAME_EXCHANGE, Linux 3.15). What was there stays as
``.NAME.previous`` until the next import; ``back`` exchanges the two again.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from procwire.bundles.reason import BundleError
from procwire.disk import lasting
from procwire.sandbox.syscalls import call

_EXCHANGE = 1 << 1  # RENAME_EXCHANGE
_HERE = -100  # AT_FDCWD
MAX_DIFF_BYTES = 65_536  # of a file whose lines are compared
MAX_DIFF_LINES = 200

Check = Callable[[Path], Sequence[str]]


def changes(root: Path, files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, str, list[str]]]:
    """(path, new or changed or same, lines that differ) of each file that would be put in place."""
    for path, data in files:
        old = _old(root / path)
        if old is None:
            yield path, "new", []
        elif old == data:
            yield path, "same", []
        else:
            yield path, "changed", _differ(old, data)


def install(root: Path, files: Iterable[tuple[str, bytes]], check: Check) -> None:
    """All of them, where ``check`` finds nothing wrong with what would be there then. Raises BundleError."""
    staged = _beside(root, "new")
    try:
        if root.is_symlink():
            raise BundleError(f"{root} is a link: name the directory itself")
        _remove(staged)
        root.mkdir(mode=0o755, parents=True, exist_ok=True)
        shutil.copytree(root, staged, symlinks=True)
        for path, data in files:
            _put(staged, path, data)
        faults = check(staged)
        if faults:
            shown = [line.replace(str(staged), str(root)) for line in faults[:20]]
            raise BundleError("nothing was changed, as this would be wrong:\n" + "\n".join(shown))
        lasting.settle(staged)
        _exchange(root, staged)
    except OSError as error:
        _remove(staged)
        raise BundleError(f"nothing was changed: {error.filename or root}: {error.strerror}") from None
    except BaseException:
        _remove(staged)
        raise
    previous = _beside(root, "previous")
    _remove(previous)
    staged.rename(previous)
    lasting.settle(root.parent)


def back(root: Path) -> None:
    """What was there before the last import, again; a second time undoes that. Raises BundleError."""
    previous = _beside(root, "previous")
    if not previous.is_dir():
        raise BundleError(f"{previous}: there is nothing to go back to")
    try:
        _exchange(root, previous)
    except OSError as error:
        raise BundleError(f"{root}: {error.strerror}") from None


def _beside(root: Path, what: str) -> Path:
    return root.with_name(f".{root.name}.{what}")


def _exchange(one: Path, other: Path) -> None:
    call("renameat2", _HERE, os.fsencode(one) + b"\0", _HERE, os.fsencode(other) + b"\0", _EXCHANGE)


def _put(staged: Path, path: str, data: bytes) -> None:
    """One file, new; no link on the way is followed."""
    place = staged
    for part in path.split("/")[:-1]:
        place = place / part
        if place.is_symlink():
            raise BundleError(f"{place.relative_to(staged)} is a link: nothing is put behind it")
        place.mkdir(mode=0o755, exist_ok=True)
    target = staged / path
    with contextlib.suppress(FileNotFoundError):
        target.unlink()
    lasting.write(target, data, new=True)


def _old(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _differ(old: bytes, new: bytes) -> list[str]:
    if max(len(old), len(new)) > MAX_DIFF_BYTES or b"\0" in old + new:
        return [f"{len(old)} bytes, then {len(new)}"]
    lines = [data.decode("utf-8", "backslashreplace").splitlines() for data in (old, new)]
    found = difflib.unified_diff(lines[0], lines[1], lineterm="", n=1)
    return [line for line in found if not line.startswith(("---", "+++"))][:MAX_DIFF_LINES]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)

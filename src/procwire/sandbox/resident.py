"""Pages of programs and libraries that starting needed and running does not: given back to the system.

The kernel maps sixteen pages around each one that is touched (fault_around_bytes), so that a process which
has loaded a hundred shared objects once holds most of them. What is dropped is only the mapping of pages
that are as their file has them: touched again, they come from the page cache.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_DONTNEED = 4  # MADV_DONTNEED
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1  # of mallopt(3)
LARGE_BYTES = 128 << 10  # what glibc begins with, and gives up once something larger was freed
_HEAD = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \d+ +(/.*)$")
SMAPS = "/proc/self/smaps"


class Mapped(NamedTuple):
    """A part of a file that nobody here can write to, and nobody has."""

    start: int
    size: int


def unwritten(smaps: str) -> Iterator[Mapped]:
    """Of what /proc/PID/smaps shows, private mappings of files without a page of the process's own.

    What the linker has relocated and then protected is read-only, too, but not as the file has it.
    """
    current: Mapped | None = None
    for line in smaps.splitlines():
        if match := _HEAD.match(line):
            start, end = int(match[1], 16), int(match[2], 16)
            current = Mapped(start, end - start) if re.match(r"r-[-x]p", match[3]) else None
        elif "-" in line.partition(" ")[0]:
            current = None
        elif line.startswith("Anonymous:") and current is not None:
            if int(line.split()[1]) == 0:
                yield current
            current = None


def share_arena() -> None:
    """One heap for all threads, and for children's: the interpreter's lock keeps them apart anyway.

    Else each thread begins one of its own, of which mostly little is used (glibc; others pass it over). What
    is large stays outside of it: the kernel's maps are read into buffers of some 100 KiB once a second, and
    each would leave a hole between what lives longer. What starting left free goes back to the system.
    """
    libc = ctypes.CDLL(None)
    mallopt = getattr(libc, "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(_TRIM_THRESHOLD, LARGE_BYTES)
        libc.malloc_trim(0)


def give_back(path: str = SMAPS) -> int:
    """Drop them; returns how many bytes are mapped there. Before there is a second thread."""
    try:
        found = list(unwritten(Path(path).read_text(encoding="utf-8", errors="replace")))
    except OSError:
        return 0
    libc = ctypes.CDLL(None)
    libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for each in found:
        libc.madvise(each.start, each.size, _DONTNEED)
    return sum(each.size for each in found)

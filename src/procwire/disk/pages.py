"""Memory that files are read into and written from, in large pages where the system has them.

The kernel takes a page at a time in hand to have a disk read or write it past the page cache: with one of
2 MiB instead of 512 a disk gets its work in fewer and larger orders, for a third of the processor's time.
Refuses to be shared between processes: the pages of a shared mapping are a file's, and small.
"""

from __future__ import annotations

import contextlib
import mmap

PAGE_BYTES = 4096  # the least; of no disk a block is larger
LARGE_BYTES = 2 << 20  # of x86 and most of ARM (Documentation/admin-guide/mm/transhuge.rst)


def pages(size: int) -> memoryview:
    """At least ``size`` bytes, of whole pages; zeros, which are there when they are first touched."""
    room = mmap.mmap(-1, -(-size // PAGE_BYTES) * PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= LARGE_BYTES:
        with contextlib.suppress(OSError):  # a kernel that has none
            room.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(room)

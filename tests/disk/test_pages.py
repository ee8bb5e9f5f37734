"""Memory of whole pages, for one process alone."""

from __future__ import annotations

import mmap
import os
from typing import Any

import pytest

from procwire.disk.pages import LARGE_BYTES, PAGE_BYTES, pages


@pytest.mark.parametrize("size", [1, PAGE_BYTES, PAGE_BYTES + 1, LARGE_BYTES])
def test_whole_pages_of_zeros(size: int) -> None:
    room = pages(size)
    assert size <= len(room) < size + PAGE_BYTES
    assert len(room) % PAGE_BYTES == 0
    assert not any(room[:PAGE_BYTES])
    room[size - 1] = 1


def test_a_child_has_its_own() -> None:
    room = pages(LARGE_BYTES)
    pid = os.fork()
    if pid == 0:
        room[0] = 1
        os._exit(room[0])
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 1
    assert room[0] == 0


def test_a_kernel_without_large_pages_gives_small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Plain(mmap.mmap):
        def madvise(self, *how: Any) -> None:
            asked.append(how[0])
            raise OSError(22, "Invalid argument")

    monkeypatch.setattr(mmap, "mmap", Plain)
    assert len(pages(LARGE_BYTES)) == LARGE_BYTES
    assert asked == [mmap.MADV_HUGEPAGE]

"""What the kernel says of processes."""

from __future__ import annotations

import os

import pytest

from procwire.sandbox import profile, readback
from tests.sandbox.child import shut_in


def test_of_this_process() -> None:
    cell = readback.cell(os.getpid())
    assert (cell.pid, cell.uid, cell.network) == (os.getpid(), os.geteuid(), "shared")
    assert cell.seccomp in ("off", "filter")
    assert readback.status()["Pid"] == str(os.getpid())


def test_of_one_that_is_gone() -> None:
    with pytest.raises(OSError, match="No such"):
        readback.cell(2**22 + 1)


def test_a_confined_process_is_found_and_described() -> None:
    with shut_in() as pid:
        found = {cell.pid: cell for cell in readback.cells()}
    cell = found[pid]
    assert (cell.name, cell.capabilities, cell.bounding) == (profile.READER, (), 0)
    assert (cell.no_new_privs, cell.seccomp, cell.network) == (True, "filter", "own")
    assert cell.uid != 0
    assert cell.filters >= 1

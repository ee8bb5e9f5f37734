"""What the kernel says of processes."""

from __future__ import annotations

import os

import pytest

from procwire.sandbox import confine, profile, readback
from procwire.sandbox.plan import STRICT


def test_of_this_process() -> None:
    cell = readback.cell(os.getpid())
    assert (cell.pid, cell.uid, cell.network) == (os.getpid(), os.geteuid(), "shared")
    assert cell.seccomp in ("off", "filter")
    assert readback.status()["Pid"] == str(os.getpid())


def test_of_one_that_is_gone() -> None:
    with pytest.raises(OSError, match="No such"):
        readback.cell(2**22 + 1)


def test_a_confined_process_is_found_and_described() -> None:
    reader, writer = os.pipe()
    back, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(go)
            confine.confine(profile.reader(STRICT, quiet=True))
            os.write(writer, b"+")
            os.read(back, 1)
        finally:
            os._exit(0)
    os.read(reader, 1)
    found = {cell.pid: cell for cell in readback.cells()}
    for fd in (reader, writer, back, go):
        os.close(fd)
    os.waitpid(pid, 0)
    cell = found[pid]
    assert (cell.name, cell.capabilities, cell.bounding) == (profile.READER, (), 0)
    assert (cell.no_new_privs, cell.seccomp, cell.network) == (True, "filter", "own")
    assert cell.uid != 0
    assert cell.filters >= 1

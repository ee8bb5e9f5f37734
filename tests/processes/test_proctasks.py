from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.model.host import ZOMBIE, state_name
from procwire.processes.proctasks import ProcTasks
from procwire.processes.tasks import KernelTasks
from tests.processes.test_tasks import need_iterators

STAT = (
    "7 (a) b\n() S 1 7 7 0 -1 4194304 10 0 0 0 150 50 0 0 20 0 3 0 1234 8192000 250 18446744073709551615 "
    "1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0"
)


def a_proc(root: Path, stat: str = STAT) -> ProcTasks:
    """A /proc of one process."""
    folder = root / "7"
    folder.mkdir()
    (folder / "stat").write_text(stat, encoding="utf-8")
    (folder / "cgroup").write_text("0::/x\n", encoding="ascii")
    return ProcTasks(str(root))


def test_the_fields_of_a_hostile_name(tmp_path: Path) -> None:
    task = a_proc(tmp_path).tasks()[0]
    assert (task.pid, task.ppid, task.comm, task.threads) == (7, 1, b"a) b\n(", 3)
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    assert (task.start, task.runtime, task.resident) == (1234 * tick, 200 * tick, 250)
    assert task.virtual == 8192000 // os.sysconf("SC_PAGE_SIZE")
    assert (task.inode, task.cgroups, state_name(task)) == (0, 1, "sleeping")


def test_one_process_where_there_is_no_proc_is_none(tmp_path: Path) -> None:
    there = a_proc(tmp_path)
    one = there.task(7)
    assert one is not None
    assert one == there.tasks()[0]
    assert there.task(8) is None
    nowhere = ProcTasks(str(tmp_path / "none"))
    assert nowhere.task(7) is None
    with pytest.raises(OSError, match="none"):
        nowhere.tasks()


@pytest.mark.parametrize("stat", ["", "7 (x", "7 (x) S 1", "7 (x) S " + "z " * 40])
def test_what_is_no_stat_line_is_no_process(tmp_path: Path, stat: str) -> None:
    assert a_proc(tmp_path, stat).tasks() == []


def test_the_exited_have_no_program(tmp_path: Path) -> None:
    task = a_proc(tmp_path, STAT.replace(") S ", ") Z ").replace(" 8192000 ", " 0 ")).tasks()[0]
    assert (task.exit_state, task.inode, task.virtual) == (ZOMBIE, 0, 0)


@pytest.mark.kernel
def test_proc_and_the_iterator_say_the_same() -> None:
    need_iterators()
    with KernelTasks() as kernel:
        by_kernel = {task.pid: task for task in kernel.tasks()}
    by_files = {task.pid: task for task in ProcTasks().tasks()}
    both = by_kernel.keys() & by_files.keys()
    assert os.getpid() in both
    assert len(both) > len(by_kernel) * 0.8
    tick = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
    for pid in (os.getpid(), os.getppid(), 2):
        one, other = by_kernel[pid], by_files[pid]
        for name in ("ppid", "euid", "device", "inode", "links"):
            assert getattr(one, name) == getattr(other, name), name
        assert one.start - one.start % tick == other.start
    ours, same = by_kernel[os.getpid()], by_files[os.getpid()]
    assert abs(ours.runtime - same.runtime) < 1_000_000_000
    assert ours.virtual == pytest.approx(same.virtual, rel=0.2)
    assert ours.resident == pytest.approx(same.resident, rel=0.3)

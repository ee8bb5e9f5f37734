from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from procwire.bpf.libbpf import BpfError
from procwire.model.host import Task
from procwire.processes import census as room
from procwire.processes.census import Census
from procwire.processes.tasks import KernelTasks
from tests.lab import wait_for
from tests.processes.test_tasks import need_iterators
from tests.processes.world import line, program, say

WAIT = "import sys; print('up', flush=True); sys.stdin.readline()"


def refused() -> KernelTasks:
    raise BpfError(0, "no iterators today")


def find(census: Census, pid: int) -> Task:
    return next(task for task in census.take() if task.pid == pid)


def changed(census: Census, before: Task) -> Task | None:
    now = find(census, before.pid)
    return now if now.executed != before.executed else None


@pytest.mark.parametrize("by", ["proc", "bpf-iterator"])
def test_a_process_with_all_that_can_be_said(by: str) -> None:
    if by != "proc":
        need_iterators()
    with Census(open_kernel=refused if by == "proc" else KernelTasks) as census:
        assert census.source == by
        assert ("today" in census.problem) == (by == "proc")
        with program(WAIT, "--password", "hunter2") as child:
            assert line(child) == "up"
            task = find(census, child.pid)
            assert census.exe(task) == os.path.realpath(sys.executable)
            assert "--password ***" in (census.cmdline(task) or "")
            assert census.parent(task) == census.name(find(census, os.getpid()))
            assert (census.ancestors(task) or ("",))[0].endswith(f":{os.getpid()}")
            assert abs((census.start(task) or 0) - census.now) < 60_000_000_000
            assert census.user(task.euid)
            assert census.namespace(task, "net") == os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116
            assert census.ns_pid(task) == child.pid
            assert census.place(task, "cgroup")
            assert 1 in {task.pid for task in census.take()}


@pytest.mark.kernel
def test_an_exec_is_noticed_and_nothing_else_is_read_again() -> None:
    need_iterators()
    code = (
        "import os, sys; print('up', flush=True); sys.stdin.readline(); os.execv('/bin/cat', ['cat', '-u'])"
    )
    with Census() as census, program(code) as child:
        assert line(child) == "up"
        before = find(census, child.pid)
        assert "cat" not in (census.exe(before) or "")
        say(child)
        after = wait_for(lambda: changed(census, before), what="the exec")
        assert after is not None
        assert after.start == before.start
        assert after.executed > before.executed
        assert census.cmdline(after) == "cat -u"
        assert (census.exe(after) or "").endswith("/cat")


@pytest.mark.kernel
def test_a_title_written_over_the_arguments_is_read_as_ps_reads_it() -> None:
    need_iterators()
    code = (
        "import ctypes, sys\n"
        "libc = ctypes.CDLL(None)\n"
        "start = int(open('/proc/self/stat').read().rsplit(')', 1)[1].split()[45])\n"
        "end = int(open('/proc/self/stat').read().rsplit(')', 1)[1].split()[46])\n"
        "ctypes.memset(start, 0x74, end - start)\n"
        "print('up', flush=True); sys.stdin.readline()"
    )
    with Census() as census, program(code) as child:
        assert line(child) == "up"
        said = Path(f"/proc/{child.pid}/cmdline").read_bytes().rstrip(b"\0").decode()
        assert said.startswith("tttt")
        assert (census.cmdline(find(census, child.pid)) or "").startswith("tttt")


def test_a_program_that_lost_its_name_is_told(tmp_path: Path) -> None:
    copy = tmp_path / "sleeper"
    copy.write_bytes(Path("/bin/cat").read_bytes())
    copy.chmod(0o755)
    pid = os.spawnv(os.P_NOWAIT, "/bin/sh", ["sh", "-c", f"exec {copy} </dev/zero >/dev/null"])
    try:
        with Census(open_kernel=refused) as census:
            task = find(census, pid)
            while not (census.exe(task) or "").endswith("sleeper"):
                task = find(census, pid)
            copy.unlink()
            assert census.exe(find(census, pid)) == f"{copy} (deleted)"
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("gone", [7, 8])
def test_where_processes_are_is_read_of_one_that_is_left(tmp_path: Path, gone: int) -> None:
    for pid in (7, 8):
        folder = tmp_path / str(pid)
        folder.mkdir()
        (folder / "stat").write_text(f"{pid} (x) S 1 " + "0 " * 48, encoding="ascii")
        (folder / "cgroup").write_text("0::/x.slice/y.service\n", encoding="ascii")

    class Late(Census):
        def _numbers(self) -> list[Task]:
            found = super()._numbers()
            (tmp_path / str(gone) / "cgroup").unlink()
            return found

    with Late(proc=str(tmp_path), open_kernel=refused) as census:
        found = census.take()
        assert [census.place(task, "unit") for task in found] == ["y.service"] * 2


def test_the_iterators_may_fail_later_and_proc_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def tasks(self) -> list[Task]:
            raise BpfError(5, "broke")

        def close(self) -> None:
            pass

    with Census(open_kernel=Failing) as census:  # type: ignore[arg-type]
        assert census.source == "bpf-iterator"
        assert find(census, os.getpid()).pid == os.getpid()
        assert (census.source, census.problem) == ("proc", "broke")


def test_a_circle_of_parents_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    with Census(open_kernel=refused) as census:
        ours = find(census, os.getpid())
        one, two = ours._replace(pid=1, ppid=2), ours._replace(pid=2, ppid=1)
        monkeypatch.setattr(census, "_by_pid", {1: one, 2: two})
        assert len(census.ancestors(one)) == room.MAX_ANCESTORS

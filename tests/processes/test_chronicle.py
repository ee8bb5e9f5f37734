from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from procwire.bpf.lifecycle import EXEC, EXIT, FORK, Event
from procwire.processes import chronicle as room
from procwire.processes.census import Census
from procwire.processes.chronicle import Chronicle
from procwire.processes.container_names import ContainerNames
from tests.processes.test_census import refused

PARENT = 1 << 30


def chronicle(tmp_path: Path) -> Chronicle:
    return Chronicle(names=ContainerNames(sockets=[], root=str(tmp_path)), proc=str(tmp_path))


def event(kind: int, pid: int, ppid: int = PARENT, **more: object) -> Event:
    bare = Event(100, 50 + pid, 0, 0, 0, kind, pid, ppid, 0, 9, 0, b"sh", b"", b"")
    return bare._replace(**more)  # type: ignore[arg-type]


def test_a_life_from_fork_to_exit(tmp_path: Path) -> None:
    told = chronicle(tmp_path)
    told.row(event(EXEC, PARENT, 1, comm=b"bash", exe=b"/bin/bash", args=b"bash\0"))
    born = told.row(event(FORK, 7, comm=b"bash"))
    assert (born.action, born.exe, born.cmdline, born.parent) == ("fork", "/bin/bash", "bash", "bash")
    run = told.row(event(EXEC, 7, comm=b"curl", exe=b"/usr/bin/curl", args=b"curl\0--password\0x\0"))
    assert (run.action, run.name, run.exe, run.cmdline) == (
        "exec",
        "curl",
        "/usr/bin/curl",
        "curl --password ***",
    )
    child = told.row(event(FORK, 8, 7, comm=b"curl"))
    assert child.ancestors == ("curl:7", f"bash:{PARENT}")
    end = told.row(event(EXIT, 7, 1, comm=b"curl", time=2057, exit_code=3 << 8, runtime=44))
    assert (end.action, end.exe, end.ppid, end.parent) == ("exit", "/usr/bin/curl", PARENT, "bash")
    assert (end.exit_code, end.exit_signal, end.lifetime, end.runtime) == (3, 0, 2000, 44)
    assert (child.parent_exe, child.parent_cmdline) == ("/usr/bin/curl", run.cmdline)
    orphan = told.row(event(EXEC, 8, 1, comm=b"ls", exe=b"/bin/ls"))
    assert orphan.ancestors == ("curl:7", f"bash:{PARENT}")
    killed = told.row(event(EXIT, 8, 1, exit_code=9))
    assert (killed.exit_code, killed.exit_signal) == (-1, 9)
    assert len(told) == 1


def test_a_pid_that_is_used_again_is_another_process(tmp_path: Path) -> None:
    told = chronicle(tmp_path)
    told.row(event(EXEC, 7, comm=b"old", exe=b"/bin/old"))
    again = told.row(event(EXIT, 7, start=999, comm=b"new"))
    assert (again.name, again.exe) == ("new", "")


def test_a_source_that_gives_pids_alone(tmp_path: Path) -> None:
    told = chronicle(tmp_path)
    told.row(event(EXEC, PARENT, 1, comm=b"bash", exe=b"/bin/bash"))
    bare: dict[str, Any] = {"start": 0, "uid": -1, "netns": 0, "comm": b""}
    assert told.row(event(FORK, 7, **bare)).name == "bash"
    assert told.row(event(EXEC, 7, 0, **bare)).exe == ""
    end = told.row(event(EXIT, 7, 0, **bare))
    assert (end.name, end.uid, end.lifetime) == ("bash", 0, -1)


def test_the_place_is_the_parent_s_where_nothing_else_tells(tmp_path: Path) -> None:
    told = chronicle(tmp_path)
    (tmp_path / str(PARENT)).mkdir()
    (tmp_path / str(PARENT) / "cgroup").write_text("0::/system.slice/x.service\n", encoding="ascii")
    assert told.row(event(EXEC, PARENT, 1)).unit == "x.service"
    assert told.row(event(FORK, 7)).unit == "x.service"
    assert told.row(event(EXEC, 7)).unit == "x.service"


def test_it_begins_with_the_processes_that_are_there(tmp_path: Path) -> None:
    told = chronicle(tmp_path)
    with Census(open_kernel=refused) as census:
        told.begin(census.take(), census)
    row = told.row(event(FORK, 1 << 29, os.getpid()))
    assert row.ancestors[0].endswith(f":{os.getpid()}")
    assert row.ancestors[1].endswith(f":{os.getppid()}")


def test_what_is_followed_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MAX_LIVES", 5)
    told = chronicle(tmp_path)
    for pid in range(100, 150):
        told.row(event(FORK, pid))
    assert len(told) == 5

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.model.host import KERNEL_THREAD, Task
from procwire.processes import spaces
from procwire.processes.census import Census
from tests import lab
from tests.model.test_host import a_task


def called(task: Task) -> str:
    return f"p:{task.pid}"


def test_a_namespace_is_called_by_its_oldest_process() -> None:
    tasks = [
        a_task(pid=1, netns=10, start=1),
        a_task(pid=50, netns=10, start=9),
        a_task(pid=70, netns=20, start=5),
        a_task(pid=60, netns=20, start=7),
        a_task(pid=80, netns=0, start=2),
    ]
    found = spaces.named(tasks, lambda task: task.netns, called, folders=())
    assert found == {10: spaces.HOST, 20: "p:70"}


def test_a_folder_that_holds_no_namespaces_gives_no_names(tmp_path: Path) -> None:
    (tmp_path / "leftover").touch()
    assert spaces.named([], lambda task: task.netns, called, folders=[str(tmp_path), "/nowhere"]) == {}


@pytest.mark.kernel
def test_a_given_name_comes_first() -> None:
    if lab.why_not():
        pytest.skip(lab.why_not())
    with lab.Lab() as world, Census() as census:
        host = world.host("x")
        inode = host.path.stat().st_ino
        sleeper = host.start("sleep", "60")
        lab.wait_for(
            lambda: os.stat(f"/proc/{sleeper.pid}/ns/net").st_ino == inode,  # noqa: PTH116
            what="the process in its namespace",
        )
        census.take()
        assert census.space(inode) == host.name
        assert census.space(1) == ""
        kernel = next((task for task in census.take() if task.flags & KERNEL_THREAD), None)
        assert kernel is None or census.space(census.namespace(kernel, "net")) == spaces.HOST


def test_who_may_not_look_at_the_first_process_names_his_own() -> None:
    own = os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116
    tasks = [a_task(pid=1, netns=0, start=1), a_task(pid=50, netns=own, start=9)]
    assert spaces.named(tasks, lambda task: task.netns, called, folders=()) == {own: spaces.OWN}

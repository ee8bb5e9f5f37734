"""Which processes an impairment touches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.model.host import HostContext, Task
from procwire.model.process import Container
from procwire.shaping.board import Board, Notice
from procwire.shaping.touching import Touched

OWN = Path("/proc/self/ns/net").stat().st_ino
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="the board is root's")


class Host(HostContext):
    """One on which every process is nginx's."""

    def place(self, task: Task, what: str) -> str | None:
        return {"unit": "nginx.service", "cgroup": "/system.slice/nginx.service"}.get(what)

    def container(self, task: Task) -> Container | None:
        return Container(id="ab" * 32, name="web") if task.pid == 8 else None


def task(pid: int, netns: int = OWN) -> Task:
    values: dict[str, Any] = dict.fromkeys(Task._fields, 0)
    return Task(**values | {"pid": pid, "netns": netns, "comm": b"x"})


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


@pytest.fixture
def touched(tmp_path: Path) -> Iterator[Touched]:
    made = Touched(tmp_path)
    yield made
    made.close()


@ROOT
@pytest.mark.parametrize(
    ("target", "namespace", "pids"),
    [
        ("process:7", 0, [7]),
        ("unit:nginx", OWN, [7, 8, 9]),
        ("unit:sshd", OWN, []),
        ("cgroup:/system.slice", OWN, [7, 8, 9]),
        ("cgroup:/system", OWN, []),
        ("container:web", OWN, [8]),
        ("namespace:blue", 5, [9]),
        ("command curl", 5, [9]),
        ("eth0", OWN, []),  # whose packets those are, flows tell
        ("what is this", OWN, []),
    ],
)
def test_by_what_a_process_is_touched(
    board: Board, touched: Touched, target: str, namespace: int, pids: list[int]
) -> None:
    board.put(Notice(id="a", target=target, words="egress loss 3%", namespace=namespace))
    touched.look()
    host, tasks = Host(), [task(7), task(8), task(9, netns=5)]
    told = {each.pid: touched.impairment(host, each) for each in tasks}
    assert told == {pid: f"{target} egress loss 3%" if pid in pids else None for pid in told}
    board.take_off("a")
    touched.look()
    assert touched.impairment(host, tasks[0]) is None


def test_one_that_is_closed_knows_nothing(touched: Touched) -> None:
    touched.close()
    touched.look()
    assert touched.impairment(Host(), task(7)) is None

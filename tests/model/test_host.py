from __future__ import annotations

import pytest

from procwire.model.host import DEAD, IDLE, KERNEL_THREAD, ZOMBIE, HostContext, ProcessRow, Task, state_name


def a_task(**changes: object) -> Task:
    """A process with made-up numbers."""
    numbers = dict.fromkeys(Task._fields, 0) | {
        "pid": 7, "ppid": 1, "threads": 1, "resident": 3, "start": 5, "netns": 99, "comm": b"curl\0\0",
    }  # fmt: skip
    return Task(**(numbers | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "exit_state", "name"),
    [
        (0, 0, "running"),
        (1, 0, "sleeping"),
        (2, 0, "disk-sleep"),
        (IDLE, 0, "idle"),
        (4, 0, "stopped"),
        (8, 0, "traced"),
        (0x40, 0, "parked"),
        (0x10000, 0, "unknown"),
        (0x80, ZOMBIE, "zombie"),
        (0x80, DEAD, "dead"),
    ],
)
def test_states_have_names(state: int, exit_state: int, name: str) -> None:
    assert state_name(a_task(state=state, exit_state=exit_state)) == name


def test_without_anyone_who_knows_nothing_is_made_up() -> None:
    host, task = HostContext(), a_task(flags=KERNEL_THREAD)
    asked = ("start", "exe", "cmdline", "parent", "ancestors", "executable", "container")
    assert [getattr(host, name)(task) for name in asked] == [None] * len(asked)
    assert (host.name(task), host.user(0), host.place(task, "unit")) == ("curl", None, None)
    assert (host.namespace(task, "net"), host.ns_pid(task)) == (99, 0)
    assert ProcessRow(task).branch == ""

from __future__ import annotations

from typing import Any

from procwire.model.lives import EXEC, EXIT, FORK, LIVES, MAX_ARGUMENTS, LifeRow, words
from procwire.model.process import Container
from procwire.processes.masking import command_line


def values(row: LifeRow) -> dict[str, Any]:
    return {column.name: column.get(row) for column in LIVES}


def test_a_bare_event_can_be_read_in_every_column() -> None:
    seen = values(LifeRow(time=5, action=FORK, pid=7))
    assert (seen["time"], seen["action"], seen["pid"]) == (5, "fork", 7)
    unknown = ("ppid", "uid", "exit_code", "exit_signal", "lifetime", "cpu_time", "start", "netns", "image")
    assert [seen[name] for name in unknown] == [None] * len(unknown)


def test_an_exit_with_all_that_is_known() -> None:
    facts = Container(id="0123456789ab", name="web", image="nginx:1")
    row = LifeRow(time=5, action=EXIT, pid=7, exit_code=0, lifetime=0, container="0123456789ab", facts=facts)
    seen = values(row)
    assert (seen["exit_code"], seen["lifetime"], seen["container"], seen["container_id"]) == (
        0,
        0,
        "web",
        "0123456789ab",
    )
    assert seen["image"] == "nginx:1"


def test_the_arguments_of_a_command_line_by_their_places() -> None:
    given = ["sh", "-c", "echo it's here", "", "a'b", "x", "y", "z", "one too many"]
    shown = command_line("\0".join(given).encode() + b"\0")
    assert list(words(shown)) == given[:MAX_ARGUMENTS]
    assert words("") == ()
    assert words("' unfinished") == ("'", "unfinished")
    seen = values(LifeRow(time=5, action=EXEC, pid=7, cmdline="cat /etc/passwd"))
    assert [seen[f"arg{number}"] for number in range(3)] == ["cat", "/etc/passwd", None]

from __future__ import annotations

import csv
import json
import os
import sys

import pytest

from procwire.cli.main import main

Capsys = pytest.CaptureFixture[str]


def test_our_own_process_as_json(capsys: Capsys) -> None:
    assert main(["ps", "--json", "--filter", f"pid == {os.getpid()}"]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert row["schema"] == "procwire.process/1"
    assert (row["pid"], row["ppid"], row["exe"]) == (
        os.getpid(),
        os.getppid(),
        os.path.realpath(sys.executable),
    )
    assert row["rss"] > 1 << 20
    assert row["cpu_time"] > 0
    assert row["ancestors"][0].endswith(f":{os.getppid()}")
    assert row["netns"] == os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116


def test_chosen_columns_as_csv(capsys: Capsys) -> None:
    assert main(["ps", "--csv", "--columns", "pid,uid", "--filter", f"pid == {os.getpid()}"]) == 0
    assert list(csv.reader(capsys.readouterr().out.splitlines())) == [
        ["pid", "uid"],
        [str(os.getpid()), str(os.geteuid())],
    ]


def test_a_tree_shows_what_matches_and_all_above_it(capsys: Capsys) -> None:
    assert main(["ps", "--tree", "--columns", "pid,process", "--filter", f"pid == {os.getpid()}"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = [int(line.split()[0]) for line in lines[1:]]
    assert shown[-2:] == [os.getppid(), os.getpid()]
    assert "└─ " in lines[-1]


@pytest.mark.parametrize(
    "words",
    [["--tree", "--json"], ["--tree", "--sort", "rss"], ["--columns", "nope"], ["--sort", "nope"]],
)
def test_what_cannot_be_is_a_usage_error(words: list[str], capsys: Capsys) -> None:
    assert main(["ps", *words]) == 2
    assert capsys.readouterr().out == ""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import threading
from typing import Any

import pytest

from procwire.cli.main import main
from tests.cli import program

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


@pytest.mark.kernel
def test_events_as_they_happen() -> None:
    over = threading.Event()

    def live() -> None:
        while not over.wait(0.1):
            subprocess.run(["/bin/sh", "-c", "exit 5"], check=False)

    helper = threading.Thread(target=live)
    helper.start()
    found: list[dict[str, Any]] = []
    try:
        with program.start("ps", "--events", "--json", "--for", "20s") as watching:
            assert watching.stdout is not None
            for line in watching.stdout:
                found.append(json.loads(line))
                if found[-1].get("exit_code") == 5 and len(lives(found, found[-1]["pid"])) == 3:
                    break
            watching.terminate()
            watching.stdout.read()
            code = watching.wait(60)
    finally:
        over.set()
        helper.join()
    if code == 3:
        pytest.skip("no right to hear of processes")
    assert code == 0
    assert lives(found, found[-1]["pid"]) == ["fork", "exec", "exit"]
    assert found[-1]["schema"] == "procwire.process_event/1"
    assert found[-1]["cmdline"] == "/bin/sh -c 'exit 5'"


def lives(found: list[dict[str, Any]], pid: int) -> list[str]:
    return [row["action"] for row in found if row["pid"] == pid]


@pytest.mark.parametrize("words", [["--events", "--tree"], ["--for", "1s"], ["--events", "--columns", "rss"]])
def test_words_that_do_not_go_together(words: list[str], capsys: Capsys) -> None:
    assert main(["ps", *words]) == 2
    assert capsys.readouterr().err.startswith("procwire: ")

"""``procwire shape run``: the real program, and what it says of itself."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.shaping.board import Board
from tests.cli.program import run
from tests.shaping.lab.place import asking, echo, needs_lab

Capsys = pytest.CaptureFixture[str]


@needs_lab
def test_a_command_is_run_and_measured(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with echo(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "0.0.0.0") as port:
        done = run(
            "shape", "run", "--rtt", "40ms", "--egress-rate", "10mbit", "--seed", "7", "--report",
            str(report), "--", *asking("host", port, 40),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stderr.decode()
    assert "this host is 198.1" in said
    assert "seed 7" in said
    assert done.stdout == b""
    told = json.loads(report.read_text())
    assert told["counts"]["egress"]["passed"] == 40
    rows = {(each["way"], each["name"]): each for each in told["figures"]}
    assert rows["egress", "delay"]["configured"] == "20ms"
    assert rows["egress", "rate"]["verdict"] == "agrees"
    assert ("ingress", "rate") not in rows


@needs_lab
def test_the_exit_code_and_the_output_are_the_commands() -> None:
    done = run("shape", "run", "--quiet", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (done.returncode, done.stdout, done.stderr) == (7, b"out\n", b"err\n")


@needs_lab
def test_who_watches_meanwhile_is_told() -> None:
    board = str(Board().path)
    told = json.loads(run("shape", "run", "--quiet", "--loss", "3%", "--", "cat", board).stdout)
    (mine,) = [each for each in told if each["target"] == "command cat"]
    assert mine["words"] == "each way loss 3%"
    assert mine["networks"][0].startswith("198.1")
    assert mine["id"] not in Path(board).read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--loss", "3"], "percent"),
        (["--rate", "1mbps"], "mbit"),
        (["--rtt", "1s", "--delay", "1s"], "rtt"),
        (["--codel"], "codel"),
        (["--outage", "up=1s"], "outage"),
        (["--trace", "/no/such/file"], "/no/such/file"),
        (["--match", "host=1"], "selector"),
        ([], "which command"),
    ],
)
def test_a_wrong_word_is_told_before_anything_is_done(words: list[str], said: str, capsys: Capsys) -> None:
    command = [] if said == "which command" else ["--", "true"]
    assert main(["shape", "run", *words, *command]) != 0
    assert said in capsys.readouterr().err


@needs_lab
def test_a_program_that_is_not_there(capsys: Capsys) -> None:
    assert main(["shape", "run", "--", "/no/such/program"]) == 127
    assert "/no/such/program" in capsys.readouterr().err


@needs_lab
def test_codel_is_where_the_bottleneck_is() -> None:
    done = run("shape", "run", "--ingress-rate", "1mbit", "--codel", "--quiet", "--", "true")
    assert (done.returncode, done.stderr) == (0, b"")

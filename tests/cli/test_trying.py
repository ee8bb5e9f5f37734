"""``procwire sandbox-test``."""

from __future__ import annotations

import json

import pytest

from procwire.cli.main import main
from tests.cli.program import run


def test_blocked_is_zero_and_says_how() -> None:
    done = run("sandbox-test", "--json", "read-shadow", "connect-tcp", "trace")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {row["verdict"] for row in rows} == {"blocked"}
    assert [row["how"] for row in rows] == ["Permission denied", "Operation not permitted", "ended by SIGSYS"]
    assert b"3 of 3 attempts blocked" in done.stderr


def test_one_that_gets_through_is_one() -> None:
    done = run("sandbox-test", "--sandbox", "off", "read-shadow")
    assert done.returncode == 1
    assert b"NOT BLOCKED" in done.stdout
    assert b"0 of 1 attempts blocked" in done.stderr


def test_the_warden_is_shut_in_but_for_its_work() -> None:
    done = run(
        "sandbox-test", "--json", "--process", "warden", "read-shadow", "connect-tcp", "write-file", "execute"
    )
    verdicts = {row["name"]: row["verdict"] for row in map(json.loads, done.stdout.splitlines())}
    assert verdicts.pop("read-shadow") == "needed"
    assert set(verdicts.values()) == {"blocked"}
    assert done.returncode == 0
    assert b"1 are its work" in done.stderr
    engine = run("sandbox-test", "--process", "engine", "connect-tcp", "read-shadow", "bpf")
    assert (engine.returncode, b"3 of 3 attempts blocked" in engine.stderr) == (0, True)


def test_an_unknown_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox-test", "nothing-such"]) == 2
    assert "no attempt is called 'nothing-such'" in capsys.readouterr().err

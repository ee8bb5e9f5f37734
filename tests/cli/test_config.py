"""procwire config: shown with origins, checked with lines."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from procwire.cli.config import toml
from procwire.cli.exit import OK, USAGE
from procwire.cli.main import main
from procwire.configuration import layers
from procwire.configuration.keys import KEYS

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "SYSTEM", str(tmp_path / "none.toml"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_what_is_shown_is_a_file_that_means_the_same(tmp_path: Path, capsys: Capture) -> None:
    assert main(["--set", "watch.interfaces=a,b", "--set", "flows.timeouts=udp=60s", "config", "show"]) == OK
    text = capsys.readouterr().out
    assert tomllib.loads(text)["watch"]["interfaces"] == ["a", "b"]
    (tmp_path / "c.toml").write_text(text)
    assert main(["config", "check", str(tmp_path / "c.toml")]) == OK
    assert main(["--config", str(tmp_path / "c.toml"), "config", "show"]) == OK
    assert capsys.readouterr().out.split("\n", 1)[1] == text


def test_origins(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCWIRE_WATCH_RING", "1MB")
    (tmp_path / "c.toml").write_text("[watch]\nfanout = 2\n")
    assert main(["--config", str(tmp_path / "c.toml"), "config", "show", "--origin"]) == OK
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("fanout = 2 ") and line.endswith(f"# {tmp_path}/c.toml:2") for line in lines)
    assert any(line.startswith('ring = "1MB"') and line.endswith("# PROCWIRE_WATCH_RING") for line in lines)
    assert main(["config", "show", "--json"]) == OK
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["key"] for record in records] == [key.name for key in KEYS]


def test_faults_are_listed_with_their_lines(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "c.toml").write_text("[watch]\nfanot = 2\nring = 'x'\n")
    file = str(tmp_path / "c.toml")
    for words in (["config", "check", file], ["--config", file, "config", "check"]):
        assert main(words) == USAGE
        assert [line.split(":")[1] for line in capsys.readouterr().out.splitlines()] == ["2", "3"]
    assert main(["--config", str(tmp_path / "c.toml"), "config", "show"]) == USAGE
    assert main(["config", "check"]) == OK


def test_a_timeout_that_does_not_exist(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "c.toml").write_text('[flows]\ntimeouts = { udpp = "60s", udp = "5s" }\n')
    assert main(["config", "check", str(tmp_path / "c.toml")]) == USAGE
    out = capsys.readouterr().out
    assert out.startswith(f"{tmp_path}/c.toml:2: no timeout is called udpp: did you mean udp")
    assert len(out.splitlines()) == 1


def test_values_as_toml() -> None:
    for value in ('a"b\\\n', [1, "x"], True, 5, {"udp": "60s"}):
        assert tomllib.loads(f"x = {toml(value)}")["x"] == value

"""``procwire shape presets``."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from procwire.cli.main import main

Capsys = pytest.CaptureFixture[str]


def test_list_and_show(capsys: Capsys, tmp_path: Path) -> None:
    assert main(["shape", "presets", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (lte,) = [line for line in lines if line.startswith("lte ")]
    assert lte.split()[1:4] == ["12mbit/12mbit", "70ms", "-"]
    assert main(["shape", "presets", "list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == len(lines)
    assert main(["shape", "presets", "show", "leo"]) == 0
    shown = capsys.readouterr().out
    assert tomllib.loads(shown)["leo"]["rtt"] == "45ms"
    assert "down 0.1 s" in shown
    assert main(["shape", "presets", "show", "nothing"]) == 2


def test_check_names_the_line(capsys: Capsys, tmp_path: Path) -> None:
    assert main(["shape", "presets", "check"]) == 0
    (tmp_path / "x.toml").write_text("[a]\nrtt = 3\n")
    assert main(["shape", "presets", "check", str(tmp_path)]) == 1
    assert f"{tmp_path}/x.toml:2: rtt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{id: 'a', loss: {percentage: 8, correlation: 25}}", "a"),
        ("module.exports = {\n 'b': {up: 1, down: 2, rtt: 3},\n};\n", "b"),
        ("comcast --latency=250\n", "comcast-1"),
    ],
)
def test_an_import_can_be_used(text: str, name: str, capsys: Capsys, tmp_path: Path) -> None:
    (tmp_path / "in").write_text(text)
    assert main(["shape", "presets", "import", str(tmp_path / "in")]) == 0
    told = capsys.readouterr()
    assert ("netem does 0.91" in told.err) is (name == "a")
    (tmp_path / "out.toml").write_text(told.out)
    (tmp_path / "in").unlink()
    assert main(["shape", "presets", "show", name, "--presets", str(tmp_path)]) == 0
    assert main(["shape", "run", "--preset", "nothing", "--presets", str(tmp_path), "--", "true"]) == 2


def test_an_import_that_is_wrong_is_told(capsys: Capsys, tmp_path: Path) -> None:
    (tmp_path / "x.json5").write_text("{\n id: 'a', loss: {percentage: 800}}")
    assert main(["shape", "presets", "import", str(tmp_path / "x.json5")]) == 1
    assert "a: " in capsys.readouterr().err

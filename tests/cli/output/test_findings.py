from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import main
from procwire.detect import registry
from procwire.detect.contract import Detector

FTP = str(Path(__file__).parents[2] / "vectors" / "ftp" / "plain.pcap")
Out = pytest.CaptureFixture[str]


def lines(capsys: Out, *words: str, code: int = 0) -> list[dict[str, Any]]:
    assert main(["read", FTP, "--json", *words]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_findings_stand_instead_of_flows(capsys: Out) -> None:
    found = lines(capsys, "--findings")
    assert {line["schema"] for line in found} == {"procwire.finding/1"}
    assert any("cleartext-credentials" in line["detail"] for line in found)
    assert all(line["flows"] and line["complete"] == "complete" for line in found)


def test_those_of_one_detector_and_those_that_match(capsys: Out) -> None:
    assert lines(capsys, "--findings", "beacon") == []
    every = lines(capsys, "--findings", "risk")
    high = lines(capsys, "--findings", "risk", "--filter", "severity == medium")
    assert 0 < len(high) <= len(every)


@pytest.mark.parametrize(
    "words",
    [
        ("--findings", "nonsense"), ("--findings", "--threshold", "scan.nonsense=1"),
        ("--findings", "--threshold", "scan"),
        ("--findings", "--filter", "nonsense == 1"), ("--findings", "--group", "process"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(capsys: Out, words: tuple[str, ...]) -> None:
    assert main(["read", FTP, *words]) == 2
    assert "procwire: " in capsys.readouterr().err


def test_one_that_fails_is_named_with_exit_code_4(capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Detector):
        NAME, TITLE = "broken", "Broken"

        def observed(self, row: object, now: int) -> Any:
            raise KeyError(now)

    monkeypatch.setattr(registry, "DETECTORS", (Broken,))
    assert main(["read", FTP, "--findings"]) == 4
    assert "broken was stopped: KeyError" in capsys.readouterr().err


def test_detectors_are_listed(capsys: Out) -> None:
    assert main(["detectors", "--json"]) == 0
    found = {json.loads(line)["name"]: json.loads(line) for line in capsys.readouterr().out.splitlines()}
    assert found["scan"]["settings"][0].startswith("window=60 ")
    assert all(row["doc"].endswith(".") and "See the module" not in row["doc"] for row in found.values())

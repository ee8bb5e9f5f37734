from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.extensions.test_rules import write

Out = pytest.CaptureFixture[str]
HTTP = Path(__file__).parents[1] / "vectors" / "http"


def test_rules_are_listed_and_shown(capsys: Out) -> None:
    assert main(["rules", "list", "--json"]) == 0
    found = {json.loads(line)["id"]: json.loads(line) for line in capsys.readouterr().out.splitlines()}
    assert found["smb1"]["proofs"] == 3
    assert main(["rules", "show", "smb1"]) == 0
    assert "id: smb1" in capsys.readouterr().out
    assert main(["rules", "show", "nonsense"]) == 2


def test_files_are_checked(tmp_path: Path, capsys: Out) -> None:
    write(tmp_path / "good" / "x.yaml", "mine")
    assert main(["rules", "check", str(tmp_path / "good")]) == 0
    assert "0 files are not" in capsys.readouterr().out
    write(tmp_path / "bad" / "x.yaml", "mine", silent=443)
    assert main(["rules", "check", str(tmp_path / "bad")]) == 1
    assert "x.yaml:9: " in capsys.readouterr().err
    assert main(["rules", "list", "--rules", str(tmp_path / "bad")]) == 4
    assert main(["rules", "check", str(tmp_path / "none")]) == 2


def test_coverage_is_a_layer(capsys: Out) -> None:
    assert main(["rules", "coverage"]) == 0
    layer = json.loads(capsys.readouterr().out)
    assert layer["versions"]["layer"] == "4.5"
    assert {one["techniqueID"]: one["comment"] for one in layer["techniques"]}["T1046"] == "scan"


def test_a_rule_finds_in_a_capture(tmp_path: Path, capsys: Out) -> None:
    capture = HTTP / "ordinary.pcap"
    (tmp_path / "web.yaml").write_text(
        "id: web\ntitle: Web\nseverity: info\nmatch: app == http\n"
        "tests: {fires: [{app: http}], silent: [{app: tls}]}\n"
    )
    assert main(["read", str(capture), "--json", "--findings", "--rules", str(tmp_path)]) == 0
    found = [json.loads(line)["detector"] for line in capsys.readouterr().out.splitlines()]
    assert "web" in found
    assert main(["read", str(capture), "--json", "--findings", "scan"]) == 0
    assert capsys.readouterr().out == ""

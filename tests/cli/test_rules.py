from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.extensions import taking
from tests.extensions.sigma import sigma
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


def test_sigma_rules_are_taken_over_and_run(tmp_path: Path, capsys: Out) -> None:
    web = sigma.rule({"selection": {"host": "*", "method": "GET"}}, {"product": "zeek", "service": "http"})
    sigma.write(tmp_path / "in" / "web.yml", web)
    sigma.write(tmp_path / "in" / "lost.yml", sigma.rule({"selection": {"LogonId": 1}}))
    words = ["rules", "import", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert main([*words, "--dry-run", "--json"]) == 4
    out, err = capsys.readouterr()
    assert [json.loads(line)["outcome"] for line in out.splitlines()] == ["refused", "imported"]
    assert "2 rules read, 1 imported (0 of them in part), 1 refused" in err
    assert "1  field LogonId" in err
    assert not (tmp_path / "out").exists()
    assert main(words) == 4
    assert "lost.yml" in capsys.readouterr().out
    assert main(["rules", "coverage", "--rules", str(tmp_path / "out")]) == 0
    layer = json.loads(capsys.readouterr().out)
    comments = {one["techniqueID"]: one["comment"] for one in layer["techniques"]}
    assert "web" in comments["T1059.004"].split(", ")
    capture = str(HTTP / "ordinary.pcap")
    assert main(["read", capture, "--json", "--findings", "--rules", str(tmp_path / "out")]) == 0
    assert "web" in [json.loads(line)["detector"] for line in capsys.readouterr().out.splitlines()]


def test_rules_are_switched(tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "own", lambda: tmp_path)
    assert main(["rules", "disable", "smb1", "telnet-login"]) == 0
    assert "2 rules are disabled" in capsys.readouterr().out
    assert main(["rules", "list", "--json", "--rules", str(tmp_path)]) == 0
    found = {
        json.loads(line)["id"]: json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()
    }
    assert (found["smb1"], found["zone-transfer"]) == ("disabled", "enabled")
    assert main(["rules", "trial", "smb1"]) == 0
    assert main(["rules", "enable", "nonsense"]) == 2

"""``procwire egress``: from a baseline to a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import main
from procwire.egress.file import load
from procwire.ledger.chain import read
from tests.cli.program import DNS, HTTP
from tests.ledger.made import ledger

Out = pytest.CaptureFixture[str]


@pytest.fixture
def places(tmp_path: Path) -> list[str]:
    return ["--policy", str(tmp_path / "p.yaml"), "--baseline", str(tmp_path / "b.yaml")]


def rows(capsys: Out, code: int, *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main(["egress", *words, "--json"]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_from_a_baseline_to_a_verdict(places: list[str], tmp_path: Path, capsys: Out) -> None:
    policy = places[:2]
    assert main(["egress", "learn", "--file", str(HTTP), *places]) == 0
    assert "puts it in force" in capsys.readouterr().out
    assert main(["egress", "check", str(HTTP), *policy]) == 1
    assert "no policy here" in capsys.readouterr().err
    assert main(["egress", "promote", *places]) == 0
    assert main(["egress", "check", str(HTTP), *policy]) == 0
    assert " may pass, 0 may not" in capsys.readouterr().err
    shown = rows(capsys, 0, "show", *policy)
    assert {row["verdict"] for row in shown} == {"allowed"}
    assert rows(capsys, 0, "show", "--baseline", places[3]) == shown
    drift = rows(capsys, 1, "check", str(DNS), *policy)
    assert {row["verdict"] for row in drift} <= {"new-program", "new-destination", "new-port"}
    change = rows(capsys, 0, "diff", "--file", str(DNS), *policy)
    assert {row["to"] for row in change if row["verdict"] == "unused"} == {row["to"] for row in shown}
    assert [row["id"] for row in change if row["verdict"] != "unused"] == [row["id"] for row in drift]


def test_drift_is_promoted_by_its_name_and_that_is_recorded(
    places: list[str], tmp_path: Path, capsys: Out
) -> None:
    kept = ledger(tmp_path / "l", records=3)
    policy, file = places[:2], ["--file", str(DNS)]
    assert main(["egress", "learn", "--file", str(HTTP), *places]) == 0
    assert main(["egress", "promote", *places]) == 0
    (tmp_path / "p.yaml").write_text("# ours\n" + (tmp_path / "p.yaml").read_text().partition("seen.\n")[2])
    wanted = rows(capsys, 1, "check", str(DNS), *policy)[0]
    assert main(["egress", "promote", "nonsense", *file, *policy]) == 1
    assert main(["--set", f"ledger.directory={kept}", "egress", "promote", wanted["id"], *file, *policy]) == 0
    assert wanted["id"] not in {row["id"] for row in rows(capsys, 0, "diff", *file, *policy)}
    record = read((kept / "records.jsonl").read_bytes().splitlines()[-1])
    assert record.kind == "configuration"
    assert (record.body["promoted"], record.body["lines"]) == ([wanted["id"]], 1)
    assert load(tmp_path / "p.yaml").head == "# ours\n"
    assert main(["egress", "promote", "--all", *file, *policy]) == 0
    assert main(["egress", "check", str(DNS), *policy]) == 0


def test_over_the_store_and_more_of_a_baseline(places: list[str], tmp_path: Path, capsys: Out) -> None:
    store = ["--store", str(tmp_path / "s")]
    assert main(["egress", "learn", *store, *places]) == 1
    assert "no store here" in capsys.readouterr().err
    assert main(["read", str(HTTP), "--csv", "--no-findings", *store]) == 0
    assert main(["egress", "learn", *store, *places]) == 0
    few = load(tmp_path / "b.yaml").size
    assert main(["egress", "learn", "--file", str(DNS), "--add", *places]) == 0
    assert load(tmp_path / "b.yaml").size > few
    assert main(["egress", "promote", *places]) == 0
    assert rows(capsys, 0, "check", *store, *places[:2]) == []
    assert main(["egress", "learn", *store, "--since", "1s", "--until", "0s", *places]) == 1


def test_what_cannot_be_looked_at_is_said(places: list[str], tmp_path: Path, capsys: Out) -> None:
    broken = tmp_path / "x.pcap"
    broken.write_bytes(HTTP.read_bytes()[:-7])
    assert main(["egress", "learn", "--file", str(broken), *places]) == 4
    assert "procwire: incomplete: " in capsys.readouterr().err
    assert main(["egress", "learn", "--file", str(tmp_path / "none.pcap"), *places]) == 1
    assert "none.pcap" in capsys.readouterr().err

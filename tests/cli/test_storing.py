"""--store: what is shown is also kept, on the same road."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.exit import INCOMPLETE, OK, USAGE
from procwire.cli.main import main
from procwire.cli.storing import recordings
from procwire.store.filing import Filing
from tests.cli.program import DNS, HTTP, VECTORS


def asked(path: Path, question: str) -> list[Any]:
    connection = sqlite3.connect(path / "history.db")
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


def test_a_reading_keeps_its_flows_and_observations(tmp_path: Path, capfdbinary: Any) -> None:
    assert main(["read", str(HTTP), str(DNS), "--json", "--store", str(tmp_path / "s")]) == OK
    out, err = capfdbinary.readouterr()
    shown = [json.loads(line) for line in out.splitlines()]
    assert asked(tmp_path / "s", "SELECT flow_id, app, bytes FROM flow ORDER BY rowid") == [
        (flow["flow_id"], flow["app"], flow["bytes"]) for flow in shown
    ]
    assert main(["read", str(HTTP), str(DNS), "--json", "--observations", "dns,http"]) == OK
    seen = [json.loads(line)["schema"] for line in capfdbinary.readouterr().out.splitlines()]
    for table in ("dns", "http"):
        count = seen.count(f"procwire.{table}/1")
        assert count
        assert asked(tmp_path / "s", f"SELECT count(*), count(flow_id) FROM {table}") == [(count, count)]
    assert b"rows stored in" in err
    told = asked(tmp_path / "s", "SELECT command, lost, ended IS NULL FROM store_run")
    assert told == [("read", 0, 0)]


def test_a_flow_that_is_read_again_is_stored_once(tmp_path: Path) -> None:
    for _ in range(2):
        assert main(["read", str(HTTP), "--json", "--store", str(tmp_path)]) == OK
    assert asked(tmp_path, "SELECT count(*) = count(DISTINCT flow_id) FROM flow") == [(1,)]


def test_a_file_that_is_read_again_takes_its_own_place(tmp_path: Path, capsys: Any) -> None:
    counts = []
    for _ in range(2):
        assert main(["read", str(DNS), "--csv", "--store", str(tmp_path / "s")]) == OK
        counts.append(asked(tmp_path / "s", "SELECT (SELECT count(*) FROM dns), (SELECT count(*) FROM flow)"))
    assert counts[0] == counts[1]
    assert "1 earlier readings are replaced" in capsys.readouterr().err
    copy = tmp_path / "copy.pcap"
    copy.write_bytes(DNS.read_bytes())
    assert main(["read", str(copy), "--csv", "--store", str(tmp_path / "s")]) == OK
    assert asked(tmp_path / "s", "SELECT count(*) FROM dns")[0][0] == 2 * counts[0][0][0]
    assert recordings(["-"]) == ""
    assert recordings(["/dev/null"]) == ""


def test_packets_are_not_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", str(HTTP), "--packets", "--store", str(tmp_path)]) == USAGE
    assert "packets are not kept" in capsys.readouterr().err


def test_a_place_that_cannot_be_had_is_said_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["read", str(HTTP), "--store", str(tmp_path / "file" / "x")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "store: " in err


def test_a_file_that_is_damaged_is_said_and_the_reading_goes_on(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "history.db").write_text("no database at all " * 100)
    assert main(["read", str(HTTP), "--csv", "--store", str(tmp_path)]) == INCOMPLETE
    out, err = capsys.readouterr()
    assert len(out.splitlines()) > 5
    assert "not a database: nothing is stored" in err


def test_rows_that_were_lost_change_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Filing, batch: Any) -> None:
        self.lose(batch, "full")
        self.problem = "disk is full"

    monkeypatch.setattr(Filing, "put", full)
    assert main(["read", str(HTTP), "--csv", "--store", str(tmp_path)]) == INCOMPLETE
    err = capsys.readouterr().err
    assert "0 rows stored" in err
    assert "lost (" in err
    assert "disk is full" in err


def test_findings_are_kept_with_what_they_rest_on(tmp_path: Path, capsys: Any) -> None:
    ftp = str(VECTORS / "ftp" / "plain.pcap")
    assert main(["read", ftp, "--csv", "--store", str(tmp_path)]) == OK
    capsys.readouterr()
    assert main(["history", "finding", "--store", str(tmp_path), "--json"]) == OK
    kept = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert main(["read", ftp, "--json", "--findings", "--store", str(tmp_path / "again")]) == OK
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert kept == shown
    assert all(one["complete"] == "complete" and one["packets"] for one in kept)
    question = "SELECT flow_id FROM finding, json_each(finding.flows) AS f JOIN flow ON flow_id = f.value"
    assert main(["query", question, "--store", str(tmp_path), "--json"]) == OK
    assert capsys.readouterr().out
    assert asked(tmp_path / "again", "SELECT count(*) FROM finding") == [(len(shown),)]


WINDOWED = """\
id: asks-much
title: One host asks much
severity: low
sql: SELECT src, count(*) AS n FROM dns WHERE message = 'query' GROUP BY src HAVING n >= 3
window: 10m
tests:
  fires: [{dns: [{src: 10.0.0.1, message: query, repeat: 3}]}]
  silent: [{dns: [{src: 10.0.0.1, message: query, repeat: 2}]}]
"""


def test_rules_with_windows_look_at_what_is_stored(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "w.yaml").write_text(WINDOWED)
    words = ["--rules", str(tmp_path / "w.yaml")]
    assert main(["read", str(DNS), "--csv", "--store", str(tmp_path / "s"), *words]) == OK
    assert asked(tmp_path / "s", "SELECT detector, source FROM finding") == [("asks-much", "10.77.0.1")]
    capsys.readouterr()
    assert main(["read", str(DNS), "--json", "--findings", *words]) == INCOMPLETE
    assert "incomplete: rules with windows" in capsys.readouterr().err


def test_findings_need_not_be_looked_for(tmp_path: Path) -> None:
    ftp = str(VECTORS / "ftp" / "plain.pcap")
    assert main(["read", ftp, "--csv", "--store", str(tmp_path), "--no-findings"]) == OK
    assert asked(tmp_path, "SELECT count(*) FROM sqlite_schema WHERE name = 'finding'") == [(0,)]

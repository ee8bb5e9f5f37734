"""Tables of now in SQL: from this host, and from a daemon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.cli.present import Host
from procwire.store.asking import QueryError
from tests.api.serving import Engine, flow_of, served


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_flows_of_now_are_rows_of_sql(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    engine = Engine()
    engine.flows = [flow_of(number, bytes_out=number) for number in range(1, 101)]
    with served(engine, tmp_path / "s") as running:
        words = ["query", "--json", "--socket", running.path]
        asked = "SELECT pid, bytes_out, start FROM flow_now WHERE bytes_out > 98 ORDER BY bytes_out"
        assert main([*words, asked]) == 0
        found = lines(capsys)
        assert [(row["pid"], row["bytes_out"]) for row in found] == [(199, 99), (200, 100)]
        assert found[1]["start"] in (100_000_000_000, "1970-01-01T00:01:40.000000000Z")
        assert main([*words, "SELECT name, amount FROM health"]) == 0
        assert [(row["name"], row["amount"]) for row in lines(capsys)] == [("packets", 7)]
        engine.book.reasons = lambda: ("3 packets were dropped by the kernel",)
        assert main([*words, "SELECT count(*) FROM flow_now"]) == 4
        assert "3 packets were dropped by the kernel" in capsys.readouterr().err


def test_without_a_daemon_it_is_said_when_it_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["query", "--socket", str(tmp_path / "no")]
    assert main([*words, "SELECT 1"]) == 0
    assert main([*words, "SELECT * FROM flow_now"]) == 1
    assert "flow as it is now: " in capsys.readouterr().err
    with pytest.raises(QueryError, match="no daemon listens there"):
        Host(str(tmp_path / "no")).tables()["health"][1]()

from __future__ import annotations

import json
from typing import Any

import pytest

from procwire.cli.main import main

Capsys = pytest.CaptureFixture[str]


def rows(capsys: Capsys, *words: str) -> list[dict[str, Any]]:
    assert main([*words, "--json"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_protocols_say_how_they_are_recognised(capsys: Capsys) -> None:
    found = {row["name"]: row for row in rows(capsys, "protocols")}
    assert {"http", "dns", "tls", "quic"} <= set(found)
    assert all(row["doc"] for row in found.values())


def test_columns_of_all_tables_or_of_one(capsys: Capsys) -> None:
    everything = rows(capsys, "columns")
    flow = rows(capsys, "columns", "flow")
    assert len(flow) < len(everything)
    assert {"flow_id", "bytes_out", "owner_confidence", "ja4"} <= {row["name"] for row in flow}


def test_a_table_that_is_not_there(capsys: Capsys) -> None:
    assert main(["columns", "flwo"]) == 2
    assert "flow" in capsys.readouterr().err


def test_lists_can_be_filtered(capsys: Capsys) -> None:
    assert [row["name"] for row in rows(capsys, "interfaces", "--filter", "name == lo")] == ["lo"]


def test_a_table_for_people(capsys: Capsys) -> None:
    assert main(["interfaces"]) == 0
    assert "lo" in capsys.readouterr().out

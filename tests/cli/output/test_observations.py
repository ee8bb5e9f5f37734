"""``--observations``: which tables, which form, which filter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import main
from procwire.cli.output.observations import chosen
from procwire.engine.api import EngineError

VECTORS = Path(__file__).parents[2] / "vectors"
HTTP, DNS, ARP = (
    str(VECTORS / name) for name in ("http/ordinary.pcap", "dns/udp.pcap", "arp/neighbours.pcap")
)


def run(capfdbinary: Any, *words: str) -> list[str]:
    assert main(["read", *words]) == 0
    return capfdbinary.readouterr().out.decode().splitlines()  # type: ignore[no-any-return]


def test_json_has_the_schema_of_each_table_and_the_flow(capfdbinary: Any) -> None:
    rows = [json.loads(line) for line in run(capfdbinary, HTTP, DNS, "--observations", "--json")]
    assert {row["schema"] for row in rows} >= {"procwire.http/1", "procwire.dns/1"}
    (first, *_) = [row for row in rows if row["schema"] == "procwire.http/1"]
    assert (first["side"], first["dst_port"], first["app"], first["method"]) == ("out", 80, "http", "GET")
    assert [row["time"] for row in rows if "latency" in row]


def test_chosen_tables_only(capfdbinary: Any) -> None:
    rows = [json.loads(line) for line in run(capfdbinary, HTTP, DNS, "--observations", "dns", "--json")]
    assert {row["schema"] for row in rows} == {"procwire.dns/1"}


@pytest.mark.parametrize(
    ("expression", "count"),
    [("rcode == NXDOMAIN", 2), ("query_type == MX and dst_port == 53", 2), ("src_port == 1", 0)],
)
def test_filter_on_the_record_and_on_its_flow(capfdbinary: Any, expression: str, count: int) -> None:
    lines = run(capfdbinary, DNS, "--observations", "dns", "--json", "--filter", expression)
    assert len(lines) == count


def test_csv_of_one_table_has_its_columns(capfdbinary: Any) -> None:
    head, row, *_ = run(capfdbinary, HTTP, "--observations", "http", "--csv")
    assert head.startswith("time,side,flow_id,proto,src,src_port,dst,dst_port,app,pid,process")
    assert ",method,host,path," in head
    assert ",out," in row


def test_table_of_several_says_it_in_one_column(capfdbinary: Any) -> None:
    head, *rows = run(capfdbinary, ARP, "--observations", "--table")
    assert head.split()[-1] == "SAID"
    assert any("message=unanswered" in row and "target=10.77.0.99" in row for row in rows)


def test_record_without_a_flow_has_no_flow_id(capfdbinary: Any) -> None:
    rows = [json.loads(line) for line in run(capfdbinary, ARP, "--observations", "--json")]
    assert rows
    assert all("flow_id" not in row and "dst_port" not in row for row in rows)


def test_unknown_table_is_refused() -> None:
    with pytest.raises(EngineError, match="'flow'"):
        chosen("dns,flow")
    assert [table.name for table in chosen("dns, http")] == ["dns", "http"]


def test_groups_do_not_go_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", HTTP, "--observations", "--group", "remote"]) == 2
    assert "--group" in capsys.readouterr().err

"""procwire query: SQL over the store and this host, from the command line."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from procwire.cli import query
from procwire.cli.exit import INCOMPLETE, OK, USAGE
from procwire.cli.main import main
from tests.cli.program import DNS, HTTP, run

Capture = pytest.CaptureFixture[bytes]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("store")
    assert main(["read", str(HTTP), str(DNS), "--json", "--store", str(place)]) == OK
    return place


def asked(capfdbinary: Capture, store: Path, *words: str, code: int = OK) -> list[Any]:
    capfdbinary.readouterr()
    assert main(["query", *words, "--json", "--store", str(store)]) == code
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def test_stored_rows_print_as_declared(store: Path, capfdbinary: Capture) -> None:
    sql = "SELECT start, duration, tcp_flags, bytes + 1 AS more FROM flow WHERE app = :app LIMIT 1"
    (row,) = asked(capfdbinary, store, "--param", "app=http", sql)
    assert row["schema"] == "procwire.query/1"
    assert row["start"].startswith("2026-")
    assert isinstance(row["duration"], float)
    assert "syn" in row["tcp_flags"]
    assert isinstance(row["more"], int)


def test_a_table_and_csv(store: Path, capfdbinary: Capture) -> None:
    sql = "SELECT app, count(*) AS flows, max(last) FROM flow GROUP BY app ORDER BY app"
    assert main(["query", sql, "--store", str(store)]) == OK
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[0].split() == ["APP", "FLOWS", "MAX(LAST)"]
    assert lines[1].split()[2].startswith("2026-")
    assert main(["query", sql, "--csv", "--store", str(store)]) == OK
    assert capfdbinary.readouterr().out.splitlines()[0] == b"app,flows,max(last)"


def test_this_hosts_sockets_and_processes_join(store: Path, capfdbinary: Capture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        sql = (
            "SELECT s.state, s.pid, p.pid AS known FROM socket s LEFT JOIN process p USING (pid) "
            f"WHERE s.src_port = {port} AND s.pid = {os.getpid()}"
        )
        capfdbinary.readouterr()
        main(["query", sql, "--json", "--store", str(store)])
        rows = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert {"schema": "procwire.query/1", "state": "listen", "pid": os.getpid(), "known": os.getpid()} in rows


def test_over_a_capture(tmp_path: Path, capfdbinary: Capture) -> None:
    sql = "SELECT count(*) AS answers FROM dns JOIN flow USING (flow_id) WHERE message = 'response'"
    assert main(["query", "--file", str(DNS), sql, "--json"]) == OK
    assert json.loads(capfdbinary.readouterr().out)["answers"] > 0
    assert main(["query", "--file", str(tmp_path / "none.pcap"), sql]) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["SELECT load_extension('x')"], USAGE, "not allowed"),
        (["DELETE FROM flow"], USAGE, "only SELECT"),
        (["SELECT * FROM flows"], USAGE, "did you mean flow"),
        (["SELECT bytez FROM flow"], USAGE, "did you mean bytes"),
        (["SELECT :a"], USAGE, "--param"),
        (["SELECT app FROM flow", "--rows", "1"], INCOMPLETE, "more than 1 rows"),
        (["SELECT 1 FROM live.flow"], USAGE, "live are accounting_now, finding_now, flow_now, health,"),
        (
            ["WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT sum(x) FROM c",
             "--deadline", "0.1"],
            INCOMPLETE, "stopped after 0.1 seconds",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_or_missing_is_said(
    store: Path, capfdbinary: Capture, words: list[str], code: int, said: str
) -> None:
    assert main(["query", *words, "--store", str(store)]) == code
    assert said in capfdbinary.readouterr().err.decode()


def test_what_was_lost_makes_an_answer_incomplete(store: Path, tmp_path: Path, capfdbinary: Capture) -> None:
    (tmp_path / "history.db").write_bytes((store / "history.db").read_bytes())
    connection = sqlite3.connect(tmp_path / "history.db")
    connection.execute("INSERT INTO store_loss VALUES (1, 'flow', 5, 5, 7, 'full')")
    connection.commit()
    connection.close()
    asked(capfdbinary, tmp_path, "SELECT 1 FROM flow", code=INCOMPLETE)
    asked(capfdbinary, tmp_path, "SELECT 1 FROM dns")
    (loss,) = asked(capfdbinary, tmp_path, "SELECT kept_in, rows FROM store_loss")
    assert (loss["kept_in"], loss["rows"]) == ("flow", 7)


def test_tables_and_plans_are_listed(store: Path, capfdbinary: Capture) -> None:
    assert main(["query", "--tables", "--store", str(store)]) == OK
    told = capfdbinary.readouterr().out.decode()
    assert "process                      live" in told
    assert "store_run                  1 rows" in told
    assert main(["query", "--explain", "SELECT * FROM flow WHERE flow_id = 'a'", "--store", str(store)]) == OK
    assert "flow.key" in capfdbinary.readouterr().out.decode()


def test_the_query_may_come_from_a_pipe(store: Path) -> None:
    done = run("query", "--json", "--store", str(store), input=b"SELECT 40 + 2 AS x\n")
    assert json.loads(done.stdout)["x"] == 42


@pytest.mark.parametrize(
    ("text", "value"), [("a=1", ("a", 1)), ("a=1.5", ("a", 1.5)), ("a=x=y", ("a", "x=y")), ("a=", ("a", ""))]
)
def test_parameters_are_numbers_where_they_can_be(text: str, value: tuple[str, Any]) -> None:
    assert query.parameter(text) == value


def test_completions_know_tables_columns_and_functions() -> None:
    assert {"flow", "dns", "bytes_out", "within", "socket"} <= set(query.completions())

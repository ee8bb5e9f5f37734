"""procwire history: the stored rows, by time and by filter, and what is missing among them."""

from __future__ import annotations

import json
import random
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.exit import FAILURE, INCOMPLETE, OK, USAGE
from procwire.cli.main import main
from tests.cli.program import DNS, HTTP, TLS

SECOND = 1_000_000_000
Capture = pytest.CaptureFixture[bytes]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("store")
    assert main(["read", *map(str, (HTTP, DNS, TLS)), "--json", "--store", str(place)]) == OK
    return place


def listed(capfdbinary: Capture, store: Path, *words: str, code: int = OK) -> list[Any]:
    capfdbinary.readouterr()
    assert main(["history", *words, "--json", "--store", str(store)]) == code
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def read(capfdbinary: Capture, store: Path, *words: str) -> list[Any]:
    """What the files show while they are stored: some columns are only told where observations are read."""
    capfdbinary.readouterr()
    again = ["--store", str(store / "again")]
    assert main(["read", *map(str, (HTTP, DNS, TLS)), *words, "--json", *again]) == OK
    return [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]


def ids(rows: list[Any]) -> list[str]:
    return sorted(row["flow_id"] for row in rows)


def test_what_was_shown_is_listed_unchanged(store: Path, capfdbinary: Capture) -> None:
    shown = {row["flow_id"]: row for row in read(capfdbinary, store)}
    assert {row["flow_id"]: row | {"event": "end"} for row in listed(capfdbinary, store)} == shown


def test_rows_are_in_order_of_time(store: Path, capfdbinary: Capture) -> None:
    times = [row["last"] for row in listed(capfdbinary, store)]
    assert times == sorted(times)


FILTERS = (
    "app == dns", "not app == tls", "port in {53, 80}", "dst in 10.77.0.0/24", "server_name ~ '^www'", "443",
    "host contains EXAMPLE", "rtt is known and rtt < 40us", "tcp_flags in {rst, syn}", "bytes > 1kB or www",
    "duration in 0..1ms", "start > 2026-01-01", "ja4 is unknown", "owner_reason == 'read from a file'",
)  # fmt: skip


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_takes_the_same_rows_from_the_file_and_from_the_store(
    store: Path, capfdbinary: Capture, text: str
) -> None:
    wanted = ids(read(capfdbinary, store, "--filter", text))
    assert ids(listed(capfdbinary, store, "--filter", text)) == wanted


def test_values_of_real_flows_find_the_same_rows(store: Path, capfdbinary: Capture) -> None:
    """Filters made of what the flows themselves hold, over all columns that are known."""
    flows = read(capfdbinary, store)
    chance = random.Random(7)
    names = sorted({name for flow in flows for name in flow} - {"schema", "event"})
    for name in chance.sample(names, 12):
        value = next(flow[name] for flow in flows if name in flow)
        value = value[0] if isinstance(value, list) else value
        text = f"{name} == '{value}'" if isinstance(value, str) else f"{name} == {value}"
        if isinstance(value, float):
            text = f"{name} == {round(value * 1e9)}ns"
        wanted = ids(read(capfdbinary, store, "--filter", text))
        assert ids(listed(capfdbinary, store, "--filter", text)) == wanted, text
        assert wanted, text


def test_observations_are_listed_by_their_table(store: Path, capfdbinary: Capture) -> None:
    rows = listed(capfdbinary, store, "dns", "--filter", "query_type == A and message == response")
    wanted = read(
        capfdbinary, store, "--observations", "dns", "--filter", "query_type == A and message == response"
    )
    assert sorted(rows, key=str) == sorted(wanted, key=str)
    assert rows


def test_a_window_holds_what_touches_it(store: Path, capfdbinary: Capture) -> None:
    flows = listed(capfdbinary, store)
    middle = flows[len(flows) // 2]
    since, until = middle["start"], middle["last"]
    found = listed(capfdbinary, store, "--since", since, "--until", until)
    assert ids(found) == ids([flow for flow in flows if flow["last"] >= since and flow["start"] <= until])
    assert listed(capfdbinary, store, "--until", "2020-01-01") == []


def test_more_rows_than_asked_for_are_said(store: Path, capfdbinary: Capture) -> None:
    assert len(listed(capfdbinary, store, "--limit", "2", code=INCOMPLETE)) == 2
    assert len(listed(capfdbinary, store, "--limit", "1000")) > 2


def test_a_table_for_people_begins_with_the_date(store: Path, capfdbinary: Capture) -> None:
    capfdbinary.readouterr()
    assert main(["history", "--store", str(store)]) == OK
    lines = capfdbinary.readouterr().out.decode().splitlines()
    assert lines[0].startswith("LAST ")
    assert lines[1].startswith("2026-")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing_like_it"], USAGE, "no table"),
        (["dnss"], USAGE, "did you mean dns"),
        (["--since", "yesterday"], USAGE, "no time"),
        (["--since", "1h", "--until", "2h"], USAGE, "before --since"),
        (["--filter", "nothing == 1"], USAGE, "not a column"),
        (["--columns", "nothing"], USAGE, "not a column"),
    ],
)
def test_what_cannot_be_meant_is_said(
    store: Path, capfdbinary: Capture, words: list[str], code: int, said: str
) -> None:
    assert main(["history", *words, "--store", str(store)]) == code
    assert said in capfdbinary.readouterr().err.decode()


def test_without_a_store_it_says_how_to_make_one(tmp_path: Path, capfdbinary: Capture) -> None:
    assert main(["history", "--store", str(tmp_path)]) == FAILURE
    assert b"watch --store" in capfdbinary.readouterr().err


def test_what_was_lost_makes_an_answer_incomplete(store: Path, tmp_path: Path, capfdbinary: Capture) -> None:
    (tmp_path / "history.db").write_bytes((store / "history.db").read_bytes())
    lost_at = 1_700_000_000 * SECOND
    connection = sqlite3.connect(tmp_path / "history.db")
    connection.execute("INSERT INTO store_loss VALUES (1, 'flow', ?, ?, 7, 'overflow')", (lost_at, lost_at))
    connection.commit()
    connection.close()
    assert main(["history", "--json", "--store", str(tmp_path)]) == INCOMPLETE
    assert b"7 rows of flow were lost by run 1: overflow" in capfdbinary.readouterr().err
    listed(capfdbinary, tmp_path, "--since", "2023-11-14", "--until", "2023-11-15", code=INCOMPLETE)
    listed(capfdbinary, tmp_path, "--since", "2024-01-01")
    listed(capfdbinary, tmp_path, "dns")


def test_a_run_that_was_cut_off_makes_an_answer_incomplete(
    store: Path, tmp_path: Path, capfdbinary: Capture
) -> None:
    (tmp_path / "history.db").write_bytes((store / "history.db").read_bytes())
    connection = sqlite3.connect(tmp_path / "history.db")
    connection.execute("UPDATE store_run SET ended = NULL, process = 'boot/1/2'")
    connection.commit()
    connection.close()
    assert listed(capfdbinary, tmp_path, code=INCOMPLETE)
    assert listed(capfdbinary, tmp_path, "--until", "2024-01-01") == []

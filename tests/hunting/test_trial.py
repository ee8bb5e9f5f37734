"""Rules tried on stored rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procwire.detect.rule import described
from procwire.hunting.trial import tried
from tests.detect.made import START
from tests.detect.test_rule import TABLES
from tests.hunting.stored import SECOND, failed, keep, rule

PROOF = {"fires": [{"rcode": "nxdomain"}], "silent": [{"rcode": "noerror"}]}
END = START + 10**6 * SECOND


def single(**more: Any) -> Any:
    values = {
        "id": "one",
        "title": "One",
        "severity": "low",
        "tests": PROOF,
        "quiet": "1s",
        "dedup": ["flow_id"],
    }
    return described(values | more, TABLES)


def found(path: Path, made: Any, since: int = 0) -> int:
    return tried(made, TABLES, path, since, END).found


def test_a_filter_and_a_query_find_the_same(tmp_path: Path) -> None:
    file = keep(tmp_path, [*failed(0, 1, 2), {"time": START, "src": "10.0.0.1", "rcode": "noerror"}])
    by_filter = single(table="dns", match="rcode == nxdomain")
    by_query = single(sql="SELECT rcode FROM dns AS d\nWHERE d.rcode = 'nxdomain'")
    assert found(file, by_filter) == found(file, by_query) == 3
    assert found(file, by_query, START + SECOND) == 1
    suppressed = single(sql="SELECT * FROM dns WHERE rcode = 'nxdomain'", suppress=["src == 10.0.0.5"])
    assert found(file, suppressed) == 0
    row = tried(by_query, TABLES, file, 0, END)
    assert (row.first, row.last, row.example) == (START, START + 2 * SECOND, "src=10.0.0.5")


def test_what_is_counted_and_quiet(tmp_path: Path) -> None:
    file = keep(tmp_path, failed(0, 1, 2, 50, 51, 52, 100))
    counted = single(table="dns", match="rcode == nxdomain", count={"least": 3, "over": "10s", "by": ["src"]})
    assert found(file, counted) == 2
    assert found(file, single(table="dns", match="rcode == nxdomain", dedup=["src"], quiet="1h")) == 1


def test_windows(tmp_path: Path) -> None:
    file = keep(tmp_path, failed(0, 1, 2, 3) + failed(90_000, 90_001, 90_002, 90_003))
    assert found(file, rule()) == 2
    assert found(file, rule(), START + 1000 * SECOND) == 1

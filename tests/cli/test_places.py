"""Places in what commands show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.geo.book import learn
from tests.cli.program import TLS
from tests.geo.written import database

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    learn([])


def test_columns_and_filters(tmp_path: Path, capsys: Out) -> None:
    file = tmp_path / "x.mmdb"
    file.write_bytes(database({
        "0.0.0.0/0": {"country": {"iso_code": "SE"}, "autonomous_system_number": 7},
    }))  # fmt: skip
    assert main(["read", str(TLS), "--json", "--geoip", str(file), "--filter", "src_country == SE"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows
    assert {(row["dst_country"], row["dst_asn"]) for row in rows if ":" not in row["dst"]} == {("SE", 7)}
    assert main(["read", str(TLS), "--json", "--geoip", str(file), "--filter", "dst_asn == 8"]) == 0
    assert capsys.readouterr().out == ""


def test_labels_alone(capsys: Out) -> None:
    assert main(["read", str(TLS), "--json", "--labels"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(row["src_range"] for row in rows)
    assert main(["read", str(TLS), "--json"]) == 0
    assert "src_range" not in capsys.readouterr().out


def test_a_file_that_is_none(tmp_path: Path, capsys: Out) -> None:
    assert main(["read", str(TLS), "--geoip", str(tmp_path / "none")]) == 2
    assert "geoip: " in capsys.readouterr().err

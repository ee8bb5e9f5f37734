"""``procwire rules test``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.cli.program import DNS
from tests.cli.test_storing import WINDOWED

Out = pytest.CaptureFixture[str]
QUERIES = """\
id: asks
title: Asks
severity: low
sql: SELECT query FROM dns WHERE message = 'query'
dedup: [flow_id, ident]
quiet: 1s
tests: {fires: [{message: query}], silent: [{message: response}]}
"""


def outcome(capsys: Out, *words: str) -> dict[str, int]:
    assert main(["rules", "test", "--json", *words]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {row["rule"]: row["found"] for row in found}


def test_over_a_recording_and_over_the_store(tmp_path: Path, capsys: Out) -> None:
    (tmp_path / "w.yaml").write_text(WINDOWED)
    (tmp_path / "q.yaml").write_text(QUERIES)
    rules = ["--rules", str(tmp_path)]
    in_file = outcome(capsys, "--file", str(DNS), *rules)
    assert in_file["asks-much"] == 1
    assert in_file["asks"] > 3
    assert in_file["smb1"] == 0
    store = ["--store", str(tmp_path / "s")]
    assert main(["read", str(DNS), "--csv", "--no-findings", *store]) == 0
    capsys.readouterr()
    assert outcome(capsys, "asks", "asks-much", *store, *rules) == {
        name: in_file[name] for name in ("asks", "asks-much")
    }
    assert outcome(capsys, "asks", "--since", "1s", *store, *rules) == {"asks": 0}


def test_what_cannot_be(tmp_path: Path, capsys: Out) -> None:
    assert main(["rules", "test", "nonsense", "--store", str(tmp_path)]) == 2
    assert main(["rules", "test", "--store", str(tmp_path)]) == 1
    assert "procwire: " in capsys.readouterr().err

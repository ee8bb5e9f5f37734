"""``procwire import``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.configuration.test_procmond import CONF
from tests.store.test_inherited import database

Out = pytest.CaptureFixture[str]


def test_settings_become_a_configuration(tmp_path: Path, capsys: Out) -> None:
    conf, made = tmp_path / "procmond.conf", tmp_path / "made.toml"
    conf.write_text(CONF)
    assert main(["import", str(conf)]) == 4
    out, err = capsys.readouterr()
    assert "[store]" in out
    assert "no equivalent: GENERAL.rootpath: " in err
    assert main(["import", str(conf), "--out", str(made), "--json"]) == 4
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert f"{len(rows)} settings, 7 without an equivalent" in err
    assert main(["config", "check", str(made)]) == 0
    assert main(["import", str(conf), "--out", str(made)]) == 1
    conf.write_text("[GENERAL]\nDatabasePath = /x/y.db\n")
    assert main(["import", str(conf)]) == 0


def test_history_goes_to_the_store_once(tmp_path: Path, capsys: Out) -> None:
    path = database(tmp_path / "procmond.db", (7, 1, 1_700_000_000, "sh", "/bin/sh", 1, "ab", 1, 1))
    store = ["--store", str(tmp_path / "s")]
    for _ in range(2):
        assert main(["import", str(path), *store]) == 0
    assert "in place of an earlier import" in capsys.readouterr().err
    assert main(["history", "procmond_process", "--json", *store]) == 0
    (row,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (row["time"][:10], row["process"], row["exe_hash"]) == ("2023-11-14", "sh", "ab")


def test_what_is_neither_is_one_line(tmp_path: Path, capsys: Out) -> None:
    assert main(["import", str(tmp_path / "none")]) == 1
    (tmp_path / "big").write_bytes(b"x" * 2_000_000)
    assert main(["import", str(tmp_path / "big")]) == 1
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert main(["import", str(tmp_path / "bad.db"), "--store", str(tmp_path / "s")]) == 1
    assert capsys.readouterr().err.count("procwire: ") >= 3

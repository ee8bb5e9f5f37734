from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.ledger import book

Out = pytest.CaptureFixture[str]


@pytest.fixture
def ledger(tmp_path: Path, capsys: Out) -> tuple[str, str]:
    """(directory, key) of a ledger with three notes, the last of which is not signed yet."""
    directory = str(tmp_path / "ledger")
    assert main(["ledger", "create", directory, "--name", "procwire/test"]) == 0
    key = capsys.readouterr().out.strip()
    for words in ("disk replaced", "rule 7 off"):
        assert main(["ledger", "note", directory, words]) == 0
    assert main(["ledger", "checkpoint", directory, "--advance"]) == 0
    assert main(["ledger", "note", directory, "\x1b[31mlast"]) == 0
    capsys.readouterr()
    return directory, key


def test_records_are_shown_for_people_and_as_they_are(ledger: tuple[str, str], capsys: Out) -> None:
    assert main(["ledger", "show", ledger[0], "--kind", "note"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == ["1", "2", "4"]
    assert "disk replaced" in shown
    assert "\x1b" not in shown
    assert main(["ledger", "show", ledger[0], "--last", "2", "--json"]) == 0
    assert [json.loads(line)["kind"] for line in capsys.readouterr().out.splitlines()] == ["epoch", "note"]


def test_a_good_one_is_whole_and_says_what_is_not_covered(ledger: tuple[str, str], capsys: Out) -> None:
    assert main(["ledger", "verify", ledger[0], "--key", ledger[1]]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "5 records, 2 checkpoints, 2 epochs: whole"
    assert said[1:] == ["  behind the last checkpoint, chained but not signed: 1"]
    assert main(["ledger", "verify", ledger[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "whole"


def test_a_bad_one_is_named_with_exit_code_1(ledger: tuple[str, str], capsys: Out) -> None:
    path = Path(ledger[0], book.RECORDS)
    path.write_bytes(path.read_bytes().replace(b"rule 7", b"rule 8"))
    assert main(["ledger", "verify", ledger[0]]) == 1
    assert "altered record 2" in capsys.readouterr().err
    assert main(["ledger", "verify", ledger[0], "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["record"] == 2
    assert main(["ledger", "export", ledger[0], f"{ledger[0]}.out"]) == 1
    assert not Path(f"{ledger[0]}.out").exists()


def test_a_torn_one_is_4(ledger: tuple[str, str], capsys: Out) -> None:
    with Path(ledger[0], book.RECORDS).open("ab") as file:
        file.write(b'{"n":5')
    assert main(["ledger", "verify", ledger[0]]) == 4
    assert "half a record" in capsys.readouterr().out


def test_a_proof_goes_to_who_has_the_key(ledger: tuple[str, str], tmp_path: Path, capsys: Out) -> None:
    assert main(["ledger", "prove", "2", ledger[0]]) == 0
    (tmp_path / "proof").write_text(capsys.readouterr().out)
    assert main(["ledger", "check-proof", str(tmp_path / "proof"), "--key", ledger[1]]) == 0
    assert "rule 7 off" in capsys.readouterr().out
    assert main(["ledger", "prove", "4", ledger[0]]) == 1
    assert "no checkpoint covers record 4" in capsys.readouterr().err
    assert main(["ledger", "check-proof", str(tmp_path / "proof"), "--key", "nonsense"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_witness_signs_what_continues(ledger: tuple[str, str], tmp_path: Path, capsys: Out) -> None:
    state, point, steps = (str(tmp_path / name) for name in ("state", "point", "steps"))
    first = str(book.kept(Path(ledger[0]))[0])
    Path(point).write_text(first)
    asked = ["ledger", "witness", state, point, "--key", ledger[1]]
    assert main(asked) == 0
    assert capsys.readouterr().out.startswith(first)
    Path(point).write_text(str(book.kept(Path(ledger[0]))[1]))
    assert main(asked) == 1
    capsys.readouterr()
    assert main(["ledger", "consistency", ledger[0], "1", "4"]) == 0
    Path(steps).write_text(capsys.readouterr().out)
    assert main([*asked, "--proof", steps]) == 0
    assert capsys.readouterr().out.count("\u2014 ") == 2


def test_a_copy_is_checked_without_procwire(ledger: tuple[str, str], capsys: Out) -> None:
    assert main(["ledger", "export", ledger[0], f"{ledger[0]}.out"]) == 0
    copy = Path(f"{ledger[0]}.out")
    assert not (copy / book.KEY).exists()
    command = [sys.executable, "-I", "-S", str(copy / "verify.py"), str(copy), "--key", ledger[1]]
    assert "5 records" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_what_is_no_ledger_is_one_line(tmp_path: Path, capsys: Out) -> None:
    nothing = str(tmp_path / "nothing")
    for asked in (["show", nothing], ["verify", nothing], ["prove", "1", nothing], ["note", nothing, "x"]):
        assert main(["ledger", *asked]) == 1
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert nothing in said

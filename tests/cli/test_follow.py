"""``procwire follow``: every ending a user may meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.cli.program import TLS, VECTORS

HTTP = VECTORS / "http" / "pipelined.pcap"

Capsys = pytest.CaptureFixture[str]


def test_a_conversation_as_text(capsys: Capsys) -> None:
    assert main(["follow", "1", "--file", str(HTTP)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(">> ")
    assert "\nGET /1 HTTP/1.1\n" in out
    assert "\nHTTP/1.1 404 Not Found\n" in out


def test_one_direction_as_hex(capsys: Capsys) -> None:
    assert main(["follow", "1", "--file", str(HTTP), "--hex", "--direction", "out"]) == 0
    out = capsys.readouterr().out
    assert "<<" not in out
    assert "00000000  47 45 54 20" in out


def test_without_keys_tls_is_shown_as_it_is(capsys: Capsys) -> None:
    assert main(["follow", "1", "--file", str(TLS)]) == 0
    assert "\\x16\\x03\\x01" in capsys.readouterr().out


def test_a_flow_that_is_not_there(capsys: Capsys) -> None:
    assert main(["follow", "99999", "--file", str(HTTP)]) == 1
    assert f"no flow 99999 with payload in {HTTP}" in capsys.readouterr().err


def test_names_are_checked_first(capsys: Capsys) -> None:
    assert main(["follow", "curl", "--file", str(HTTP)]) == 2
    assert "'curl' is no flow_id" in capsys.readouterr().err
    assert main(["follow", "3"]) == 2
    assert "give --file" in capsys.readouterr().err


def test_a_key_log_that_is_not_there(capsys: Capsys, tmp_path: Path) -> None:
    assert main(["follow", "1", "--file", str(TLS), "--keylog", str(tmp_path / "none")]) == 1
    assert f"key log {tmp_path / 'none'}: No such file" in capsys.readouterr().err


def test_keys_of_other_flows_leave_a_note(capsys: Capsys, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"CLIENT_RANDOM {'00' * 32} {'11' * 48}\n")
    assert main(["follow", "1", "--file", str(TLS), "--keylog", str(keys)]) == 4
    said = capsys.readouterr()
    assert "records not decrypted: key-not-in-log" in said.err
    assert "\\x16" not in said.out

"""``procwire follow``: every ending a user may meet."""

from __future__ import annotations

from pathlib import Path

import dpkt
import pytest

from procwire.cli.main import main
from tests.cli.program import TLS, VECTORS
from tests.decrypt.quic_dialogue import migrating
from tests.packet.build import A4, B4, eth, ip4, udp

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
    keys.write_text(f"CLIENT_RANDOM {'00' * 32} {'11' * 48}\nCLIENT_RANDOM {'00' * 32} 11\n")
    assert main(["follow", "1", "--file", str(TLS), "--keylog", str(keys)]) == 4
    said = capsys.readouterr()
    assert "records not decrypted: key-not-in-log" in said.err
    assert "procwire: 1 lines of the key log are no such lines" in said.err
    assert "\\x16" not in said.out


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A QUIC connection of aioquic whose second request comes from another port, with other ids; its keys."""
    folder = tmp_path_factory.mktemp("moved")
    spoken, at = migrating()
    (folder / "keys").write_bytes(spoken.keys)
    with (folder / "moved.pcap").open("wb") as sink:
        writer = dpkt.pcap.Writer(sink, nano=True)
        for number, (side, data) in enumerate(spoken.flights):
            ports = (5000 if number < at else 6000, 443)
            src, dst = (B4, A4) if side else (A4, B4)
            datagram = udp(data, *(ports[::-1] if side else ports))
            writer.writepkt(eth(ip4(datagram, 17, src=src, dst=dst)), 1_767_225_600 + number / 100)
    return folder / "moved.pcap", folder / "keys"


def test_a_quic_connection_on_two_paths_is_one_conversation(moved: tuple[Path, Path], capsys: Capsys) -> None:
    capture, keys = map(str, moved)
    assert main(["follow", "1", "--file", capture, "--keylog", keys]) == 0
    out, err = capsys.readouterr()
    assert [out.count(text) for text in ("/one\n", "/two\n")] == [2, 2]
    assert out.index("answer to /one") < out.index("answer to /two")
    assert f"the connection went on from {A4} 6000 to {B4} 443" in err


def test_a_later_path_by_its_own_name_says_what_it_can(moved: tuple[Path, Path], capsys: Capsys) -> None:
    capture, keys = map(str, moved)
    assert main(["follow", "2", "--file", capture, "--keylog", keys]) == 4
    out, err = capsys.readouterr()
    assert out.startswith(">> ")
    assert "this may be a QUIC connection that another flow began: follow that flow" in err

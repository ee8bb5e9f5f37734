"""``procwire export``: what goes into the file, and what does not."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.decrypt.reasons import NO_KEY
from tests.cli.program import HTTP, TLS
from tests.decrypt.dialogue import Dialogue

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def keyed(tmp_path: Path) -> tuple[Path, Path]:
    """A capture of two TLS conversations and a key log that has others too."""
    from bench.traffic import Kind, tcp

    capture, keys = tmp_path / "a.pcap", tmp_path / "keys"
    log, time = f"CLIENT_RANDOM {'00' * 32} {'11' * 48}\n".encode(), 10**18
    with capture.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
        for number, version in enumerate(("TLSv1_2", "TLSv1_3")):
            spoken = Dialogue(version).run([(0, b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n")])
            log += spoken.keys
            kind = Kind(6, 443, [(int(side), data) for side, data in spoken.flights], b"")
            for frame in tcp(kind, (0x0A000001, 40000 + number, 0x0A000002, 443), [], 7):
                time += 1000
                file.write(struct.pack("<IIII", *divmod(time, 10**9), len(frame), len(frame)) + frame)
    keys.write_bytes(log)
    return capture, keys


def test_with_keys_it_is_read_as_it_is(keyed: tuple[Path, Path], tmp_path: Path, capsys: Capsys) -> None:
    capture, keys = keyed
    out = tmp_path / "out.pcapng"
    assert main(["export", str(capture), "-o", str(out), "--with-keys", "--keylog", str(keys)]) == 0
    assert "with the secrets of 2 connections" in capsys.readouterr().err
    assert b"11" * 48 not in out.read_bytes()
    assert main(["read", str(out), "--json"]) == 0
    assert capsys.readouterr().out.count('"app":"http"') == 2


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_tshark_decrypts_it(keyed: tuple[Path, Path], tmp_path: Path) -> None:
    capture, keys = keyed
    out = tmp_path / "out.pcapng"
    assert main(["export", str(capture), "-o", str(out), "--with-keys", "--keylog", str(keys)]) == 0
    words = [
        "tshark",
        "-n",
        "-r",
        str(out),
        "-d",
        "tcp.port==443,tls",
        "-T",
        "fields",
        "-e",
        "http.request.uri",
    ]
    seen = subprocess.run(words, capture_output=True, check=True, timeout=60, text=True).stdout
    assert seen.split() == ["/inside", "/inside"]


def test_without_asking_no_secret_is_copied(keyed: tuple[Path, Path], tmp_path: Path, capsys: Capsys) -> None:
    capture, keys = keyed
    first, second = tmp_path / "1.pcapng", tmp_path / "2.pcapng"
    assert main(["export", str(capture), "-o", str(first), "--with-keys", "--keylog", str(keys)]) == 0
    for words in ([], ["--redact"]):
        assert main(["export", str(first), "-o", str(second), *words, "--keylog", str(keys)]) == 0
        assert b"CLIENT" not in second.read_bytes()
    capsys.readouterr()
    assert main(["read", str(second), "--json"]) == 0
    said = capsys.readouterr().out
    assert said.count('"app":"tls"') == 2
    assert NO_KEY not in said


def test_packets_are_the_same(tmp_path: Path, capsys: Capsys) -> None:
    out = tmp_path / "out.pcapng"
    assert main(["export", str(HTTP), "-o", str(out)]) == 0
    assert main(["read", str(HTTP), "--csv"]) == 0
    before = capsys.readouterr().out
    assert main(["read", str(out), "--csv"]) == 0
    assert capsys.readouterr().out == before


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["FILE", "-o", "FILE"], 2, "is among the files to read"),
        (["FILE", "-o", "OUT", "--with-keys"], 2, "no secrets to export"),
        (["/nowhere.pcap", "-o", "OUT"], 1, "/nowhere.pcap: no such file"),
        (["FILE", "-o", "/nowhere/out.pcapng"], 1, "/nowhere/out.pcapng: no such file"),
    ],
)
def test_endings(words: list[str], code: int, said: str, tmp_path: Path, capsys: Capsys) -> None:
    names = {"FILE": str(TLS), "OUT": str(tmp_path / "out.pcapng")}
    assert main(["export", *[names.get(word, word) for word in words]]) == code
    assert said in capsys.readouterr().err

"""What an export may also hold, and what a dry run shows of one that is to hide."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.capture.writer import PcapngWriter
from procwire.cli.main import main
from procwire.ledger.verify import Check
from procwire.model.frames import batch_of
from procwire.recorder.copying import TLS_KEY_LOG
from tests.decrypt.dialogue import Dialogue
from tests.recorder.bundles import lines, made
from tests.recorder.taped import VECTORS

DNS = str(VECTORS / "dns" / "udp.pcap")


def test_a_dry_run_shows_and_leaves_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "export", DNS, "--redact", "--dry-run", "-o", str(tmp_path / "x")]) == 0
    shown = capfd.readouterr().out
    assert "packets would leave, without" in shown
    assert "addresses replaced" in shown
    assert "example.com" not in shown
    assert list(tmp_path.iterdir()) == []


def test_the_key_of_a_map_is_kept_and_checked(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    made(tmp_path, DNS, "--redact", "--redact-key", str(key))
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_text("short")
    words = ["incident", "export", DNS, "-o", str(tmp_path / "y"), "--redact", "--redact-key", str(key)]
    assert main(words) == 2
    assert "is no key" in capfd.readouterr().err


def test_a_ledger_signs_that_it_was_exported(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "ledger"
    assert main(["ledger", "create", str(ledger)]) == 0
    bundle = made(tmp_path, DNS, "--ledger", str(ledger), "--parquet")
    note = (bundle / "checkpoint").read_bytes()
    assert Check(ledger, None, (note,)).run()
    assert b"exported" in (ledger / "records.jsonl").read_bytes()
    assert (bundle / "parquet" / "flows.parquet").exists()
    capfd.readouterr()
    words = ["incident", "export", DNS, "-o", str(tmp_path / "z"), "--ledger", str(tmp_path)]
    assert main(words) == 2
    assert "procwire ledger create" in capfd.readouterr().err


def test_keys_only_when_asked_for(tmp_path: Path) -> None:
    from bench.traffic import Kind, tcp

    spoken = Dialogue("TLSv1_3").run([(0, b"GET /inside HTTP/1.1\r\nHost: a\r\n\r\n")])
    kind = Kind(6, 443, [(int(side), data) for side, data in spoken.flights], b"")
    writer = PcapngWriter(str(tmp_path / "in.pcapng"), [])
    writer.secret(TLS_KEY_LOG, spoken.keys + b"CLIENT_RANDOM unused 00\n")
    writer.write(batch_of(list(tcp(kind, (0x0A000001, 40000, 0x0A000002, 443), [], 7)), start=10**18))
    writer.close()
    secret = spoken.keys.split()[-1]
    plain = made(tmp_path, str(tmp_path / "in.pcapng"), name="plain")
    keyed = made(tmp_path, str(tmp_path / "in.pcapng"), "--with-keys", name="keyed")
    assert [flow["app"] for flow in lines(plain / "flows.ndjson")] == ["http"]
    assert secret not in (plain / "packets.pcapng").read_bytes()
    packets = (keyed / "packets.pcapng").read_bytes()
    assert secret in packets
    assert b"unused" not in packets

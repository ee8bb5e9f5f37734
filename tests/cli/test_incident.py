"""The command: lists, checks, compares; and says what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.recorder.bundles import made
from tests.recorder.taped import HTTP, VECTORS


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of one capture."""
    return made(tmp_path_factory.mktemp("bundle"), str(HTTP))


def test_verify_says_whole_or_what_changed(bundle: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "verify", str(bundle)]) == 0
    assert "whole" in capfd.readouterr().out
    (bundle / "extra").write_text("x")
    assert main(["incident", "verify", str(bundle)]) == 1
    assert "extra is not in the manifest" in capfd.readouterr().out
    assert main(["incident", "verify", str(bundle), "--json"]) == 1
    assert json.loads(capfd.readouterr().out)["verdict"] == "changed"
    (bundle / "extra").unlink()


def test_diff(bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = made(tmp_path, str(VECTORS / "dns" / "udp.pcap"))
    capfd.readouterr()
    assert main(["incident", "diff", str(bundle), str(bundle)]) == 0
    assert capfd.readouterr().out == "no difference\n"
    assert main(["incident", "diff", str(bundle), str(other)]) == 0
    signs = {line[0] for line in capfd.readouterr().out.splitlines()}
    assert signs == {"-", "+"}
    assert main(["incident", "diff", str(bundle), str(other), "--json"]) == 0
    assert json.loads(capfd.readouterr().out.splitlines()[0])["state"] == "only-first"


def test_list_of_nothing_and_freeze_of_nobody(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["incident", "list", "--json", "--incidents", str(tmp_path)]) == 0
    assert capfd.readouterr().out == ""
    assert main(["incident", "freeze", str(1 << 22)]) == 1
    assert "No such" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["export", "x"], 2, "-o"),
        (["export", str(HTTP), "-o", "/tmp", "--redact", "--with-keys"], 2, "--with-keys"),
        (["export", str(HTTP), "--dry-run"], 2, "--redact"),
        (["export", "/nowhere", "-o", "/tmp/x"], 1, "no such"),
        (["export", str(HTTP), "-o", "/tmp"], 1, "already"),
        (["verify", "/nowhere"], 1, "/nowhere"),
        (["open", "/"], 1, "no bundle"),
    ],
)
def test_what_cannot_be_done(
    words: list[str], code: int, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["incident", *words]) == code
    assert said in capfd.readouterr().err

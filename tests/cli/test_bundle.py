"""``procwire bundle``, from one machine to another."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from procwire.cli.main import main
from procwire.ledger.book import create
from tests.extensions.test_rules import write
from tests.geo.written import NETWORKS, database

Out = pytest.CaptureFixture[str]


@pytest.fixture
def site(tmp_path: Path, capsys: Out) -> Path:
    """A directory to pack, a key, and a machine that trusts it."""
    source = tmp_path / "source"
    (source / "rules").mkdir(parents=True)
    write(source / "rules" / "x.yaml", "mine")
    (source / "geoip").mkdir()
    (source / "geoip" / "x.mmdb").write_bytes(database(NETWORKS))
    (source / "config.toml").write_text("[watch]\nsnaplen = 100\n")
    (source / "notes.txt").write_text("not this")
    assert main(["bundle", "key", str(tmp_path / "key"), "site"]) == 0
    keys = tmp_path / "etc" / "keys"
    keys.mkdir(parents=True)
    (keys / "site.pub").write_text(capsys.readouterr().out)
    (tmp_path / "etc" / "config.toml").write_text("[watch]\nsnaplen = 200\n")
    return tmp_path


def packed(site: Path) -> str:
    path = site / "x.pwb"
    words = ["bundle", "create", str(path), "--key", str(site / "key"), "--from", str(site / "source")]
    assert main(words) == 0
    return str(path)


def test_there_and_back(site: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, root = packed(site), str(site / "etc")
    assert "left out: notes.txt" in capsys.readouterr().err
    assert main(["bundle", "inspect", bundle, "--root", root, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["trusted"] == ["site"]
    assert [one["path"] for one in told["files"]] == ["config.toml", "geoip/x.mmdb", "rules/x.yaml"]
    assert main(["bundle", "import", bundle, "--root", root, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "changed  config.toml" in said
    assert "-snaplen = 200" in said
    assert (site / "etc" / "config.toml").read_text() == "[watch]\nsnaplen = 200\n"
    create(site / "ledger", "here", hashed="sha256", now=1).close()
    assert main(["bundle", "import", bundle, "--root", root, "--ledger", str(site / "ledger")]) == 0
    assert (site / "etc" / "config.toml").read_text() == "[watch]\nsnaplen = 100\n"
    assert (site / "etc" / "keys" / "site.pub").exists()
    kept = json.loads((site / "ledger" / "records.jsonl").read_text().splitlines()[-1])
    assert (kept["kind"], kept["body"]["bundle"], kept["body"]["files"]) == ("configuration", "x", 3)
    with monkeypatch.context() as usual:
        usual.setattr("procwire.cli.operating.state_directory", lambda: site)
        assert main(["bundle", "rollback", "--root", root]) == 0
    kept = json.loads((site / "ledger" / "records.jsonl").read_text().splitlines()[-1])
    assert kept["body"]["rolled_back"] == root
    assert kept["body"]["by"]["uid"] == os.getuid()
    assert (site / "etc" / "config.toml").read_text() == "[watch]\nsnaplen = 200\n"


def test_not_trusted_here(site: Path, capsys: Out) -> None:
    bundle = packed(site)
    (site / "etc" / "keys" / "site.pub").unlink()
    assert main(["bundle", "inspect", bundle, "--root", str(site / "etc")]) == 0
    assert "NOT TRUSTED (says site)" in capsys.readouterr().out
    assert main(["bundle", "import", bundle, "--root", str(site / "etc")]) == 1
    assert "signed by no key that is trusted here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "data"),
    [("config.toml", "[watch]\nsnaplne = 1\n"), ("rules/bad.yaml", "id: x\n"), ("geoip/y.mmdb", "x")],
)
def test_what_would_be_wrong_is_not_put_in_place(site: Path, path: str, data: str, capsys: Out) -> None:
    (site / "source" / path).write_text(data)
    assert main(["bundle", "import", packed(site), "--root", str(site / "etc")]) == 1
    said = capsys.readouterr().err
    assert "nothing was changed" in said
    assert f"etc/{path}" in said
    assert sorted(one.name for one in (site / "etc").iterdir()) == ["config.toml", "keys"]

"""Words, unit file and refusals of ``procwire daemon`` (a real one runs in tests/scenes/test_daemon)."""

from __future__ import annotations

import configparser
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest

from procwire.api.gate import listen
from procwire.cli import daemon
from procwire.cli.main import main, parser
from procwire.cli.serving import Orders
from procwire.cli.settling import parse
from procwire.daemon.journal import Log
from procwire.decrypt import beginnings
from procwire.sandbox import capabilities
from procwire.sandbox.profile import WARDEN_KEEPS


def parsed(*words: str) -> Any:
    found = parse(parser("daemon"), list(words))
    found.words, found.parser = list(words), lambda: parser("daemon")
    return found


def test_it_keeps_what_it_sees_where_it_is_not_told_otherwise() -> None:
    assert parsed("daemon").store == ""
    assert parsed("daemon", "--no-store").store is None
    assert parsed("--set", "store.directory=/x", "daemon").store == "/x"


def test_the_unit_leaves_the_warden_what_it_needs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["daemon", "--print-unit"]) == 0
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(capsys.readouterr().out)
    service = unit["Service"]
    assert service["ExecStart"].endswith(" daemon")
    assert "@" not in service["ExecStart"]
    kept = {name.removeprefix("CAP_").lower() for name in service["CapabilityBoundingSet"].split()}
    needed = {capabilities.NAMES[number] for number in WARDEN_KEEPS}
    assert needed | {"setuid", "setgid", "setpcap"} <= kept
    assert service["NoNewPrivileges"] == "yes"
    assert (service["Type"], service["ExecReload"]) == ("notify", "kill -HUP $MAINPID")
    assert service["RestrictNamespaces"] == "net"  # the engine leaves for one of its own
    assert "PrivateNetwork" not in service


def test_a_socket_that_is_taken_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "s")
    taken = listen(path)
    assert main(["daemon", "--no-store", "--socket", path]) == 1
    assert capsys.readouterr().err == f"procwire: {path}: a daemon listens there already\n"
    taken.close()
    assert main(["daemon", "--no-store", "--socket", str(tmp_path / "no" / "s")]) == 1


def test_what_changes_with_a_hangup_and_what_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    config, filters = tmp_path / "c.toml", tmp_path / "f.yaml"
    filters.write_text("filters: [{dst_port: 9, action: ignore}]\n")
    config.write_text(f'[watch]\nfilters = "{filters}"\n')
    arguments = parsed("--config", str(config), "daemon")
    sink = io.StringIO()
    log = Log({}, sink=sink)
    config.write_text(f'[watch]\nfilters = "{filters}"\nsource = "tap"\n[store]\nage = "1h"\n')
    orders = msgspec.msgpack.decode(daemon.reloaded(arguments, log), type=Orders)
    assert orders == Orders(filters=filters.read_text(), store_age=3600 * 10**9, store_size=10**9)
    assert "watch.source has changed, and needs a restart" in sink.getvalue()
    assert "store.age" not in sink.getvalue()
    config.write_text("[watch]\nsauce = 1\n")
    assert daemon.reloaded(arguments, log) == b""
    assert "the configuration stays as it was" in sink.getvalue()
    config.write_text(f'[watch]\nfilters = "{filters}"\n')
    filters.write_text(
        "filters: [\n" + "".join(f"  {{dst_port: {n}, action: ignore}},\n" for n in range(999)) + "]"
    )
    monkeypatch.setattr(daemon, "CHUNK", 1000)
    assert daemon.reloaded(arguments, log) == b""
    assert "too long to be read anew" in sink.getvalue()


def test_the_help_gives_the_bounds_of_beginnings(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["daemon", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    kib, mib = beginnings.MAX_SIDE_BYTES >> 10, beginnings.MAX_BYTES >> 20
    assert f"({kib} KiB a side, {mib} MiB in all)" in words

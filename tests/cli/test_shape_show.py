"""``procwire shape show|interfaces|namespaces|containers|link`` in a namespace of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli import exit
from procwire.cli.main import main
from procwire.cli.shape_show import _bits
from procwire.model.process import Container
from procwire.shaping import guard, session
from procwire.shaping.finding import Finder, Found
from tests.lab import Host, pair
from tests.shaping.stage import HERE, end_watchdog, needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]


@pytest.fixture(scope="module")
def left() -> Iterator[Host]:
    with pair() as (_, left, _right):
        yield left


@pytest.fixture
def shaped(tmp_path: Path, left: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setattr("procwire.shaping.journal.shaping_folder", lambda: tmp_path / "shaping")
    monkeypatch.setattr(session, "probe", lambda: HERE)
    assert main(["shape", "set", f"namespace:{left.name}", "--rate", "8mbit"]) == exit.OK
    yield left
    main(["shape", "clear", "--all"])
    end_watchdog(tmp_path / "shaping")


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_what_is_shaped_is_shown_with_counters(shaped: Host, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["shape", "show"]) == exit.OK
    out = capsys.readouterr().out
    assert f"namespace:{shaped.name}" in out
    assert "eth0 egress: " in out
    assert main(["shape", "show", "--json"]) == exit.OK
    (told,) = lines(capsys)
    assert told["watched"] is True
    assert isinstance(told["counters"], list)
    assert [each["side"] for each in told["counters"]] == ["egress", "ingress"]


def test_what_nobody_watches_over_is_told(
    shaped: Host, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "ask", lambda folder: None)
    assert main(["shape", "show"]) == exit.INCOMPLETE
    assert "NOBODY watches" in capsys.readouterr().out


def test_interfaces_are_shown_live(shaped: Host, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    words = ["shape", "interfaces", "--namespace", shaped.name, "--span", "0.05s"]
    assert main([*words, "--json"]) == exit.OK
    told = {each["interface"]: each for each in lines(capsys)}
    assert (told["eth0"]["qdisc"], told["eth0"]["shaped"], told["eth0"]["up"]) == ("tbf", True, True)
    assert told["lo"]["shaped"] is False
    assert main([*words, "--times", "2"]) == exit.OK
    assert capsys.readouterr().out.count("tbf (procwire)") == 4  # eth0 and its ifb, twice


def test_namespaces_are_listed(left: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shape", "namespaces", "--json"]) == exit.OK
    told = {each["inode"]: each for each in lines(capsys)}
    assert str(told[left.path.stat().st_ino]["path"]).endswith(left.name)
    assert main(["shape", "namespaces"]) == exit.OK
    assert f"namespace:{left.name}" in capsys.readouterr().out


def test_containers_are_listed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    found = [Found(Container(id="ab" * 32, name="web\x1b[2J", runtime="docker"), os.getpid())]
    monkeypatch.setattr(Finder, "containers", lambda self: found)
    assert main(["shape", "containers"]) == exit.OK
    out = capsys.readouterr().out
    assert "shares the host's network" in out
    assert "\x1b" not in out
    assert main(["shape", "containers", "--json"]) == exit.OK
    assert lines(capsys)[0]["host_network"] is True


def test_a_link_is_switched(left: Host, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shape", "link", "down", "eth0", "--namespace", left.name]) == exit.OK
    assert "state DOWN" in left.run("ip", "link", "show", "eth0")
    assert main(["shape", "link", "up", "eth0", "--namespace", left.name]) == exit.OK
    assert ",UP" in left.run("ip", "link", "show", "eth0")
    assert main(["shape", "link", "up", "none0", "--namespace", left.name]) == exit.FAILURE
    assert "no interface" in capsys.readouterr().err


def test_rates_have_units() -> None:
    assert [_bits(value) for value in (0, 999, 1500, 2e6, 3e9)] == [
        "0 bit/s", "999 bit/s", "1.5 kbit/s", "2.0 Mbit/s", "3.0 Gbit/s",
    ]  # fmt: skip

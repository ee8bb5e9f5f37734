"""``procwire shape set|confirm|clear|recover`` in a namespace of the test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli import exit
from procwire.cli.main import main
from procwire.cli.shape_set import _clock
from procwire.shaping import session
from tests.lab import Host, pair
from tests.shaping.stage import HERE, end_watchdog, needs_lab, shown

pytestmark = [pytest.mark.kernel, needs_lab]


@pytest.fixture(scope="module")
def left() -> Iterator[Host]:
    with pair() as (_, left, _right):
        yield left


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr("procwire.shaping.journal.shaping_folder", lambda: tmp_path / "shaping")
    monkeypatch.setattr(session, "probe", lambda: HERE)
    yield tmp_path / "shaping"
    main(["shape", "clear", "--all"])
    end_watchdog(tmp_path / "shaping")


def said(capsys: pytest.CaptureFixture[str]) -> str:
    told = capsys.readouterr()
    return told.out + told.err


def test_set_confirm_change_and_clear(left: Host, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = f"namespace:{left.name}"
    words = ["shape", "set", target, "--egress-rate", "1mbit", "--ingress-rate", "8mbit"]
    assert main([*words, "--confirm", "60s", "--lease", "10m"]) == exit.OK
    out = said(capsys)
    assert out.startswith(f"shaped {target} (")
    assert "egress: rate 1mbit" in out
    assert "unless confirmed: procwire shape confirm" in out
    assert main(["shape", "confirm"]) == exit.OK
    assert "ends in 9m 5" in said(capsys)
    assert main([*words, "--json"]) == exit.OK
    told = json.loads(said(capsys))
    assert (told["schema"], told["target"], told["confirmed"]) == ("procwire.impairment/1", target, True)
    assert told["egress"] == {"rate": "1mbit"}
    assert main(["shape", "clear", told["id"]]) == exit.OK
    assert said(capsys).startswith("put back")
    assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}
    assert main(["shape", "clear", target]) == exit.OK
    assert "is not shaped" in said(capsys)
    assert state.is_dir()


def test_a_dry_run_does_nothing(left: Host, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["shape", "set", f"namespace:{left.name}", "--rate", "8mbit", "--dry-run"]
    assert main(words) == exit.OK
    out = said(capsys)
    assert "put-qdisc" in out
    assert "make-ifb" in out
    assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}
    assert not state.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--rtt", "200ms"), 1, "this kernel has no netem"),
        (("--loss", "8% 25%"), 2, "loses 0.91%"),
        (("--rate", "3mbps"), 2, "say mbit or mbyte"),
        ((), 2, "nothing would be changed"),
        (("--rate", "1mbit", "--lease", "90d"), 1, "at most 30 days"),
        (("--rate", "1mbit", "--with-pid", "4194304"), 1, "no process 4194304"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    left: Host, state: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, says: str
) -> None:
    assert main(["shape", "set", f"namespace:{left.name}", *words]) == code
    assert says in said(capsys)
    assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}


def test_a_presets_outages_are_said_to_be_left_out(
    left: Host, state: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = '[x]\ntitle = "x"\nbasis = "own"\nsource = "a test"\nrate = "8mbit"\noutage = "up=9s down=1s"\n'
    (tmp_path / "x.toml").write_text(text)
    words = [
        "shape",
        "set",
        f"namespace:{left.name}",
        "--preset",
        "x",
        "--presets",
        str(tmp_path),
        "--dry-run",
    ]
    assert main(words) == exit.OK
    told = said(capsys)
    assert "outages of x are left out" in told
    assert "kind=tbf" in told


def test_the_management_network_is_left_alone(
    left: Host, state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["set", f"namespace:{left.name}", "--rate", "1mbit"]
    assert main(["shape", "--management", "nonsense", *words]) == exit.USAGE
    assert "--management" in said(capsys)
    seen: list[object] = []

    def planned(self: session.Shaper, wanted: object, terms: session.Terms) -> tuple[()]:
        seen.append(terms.management)
        return ()

    monkeypatch.setattr(session.Shaper, "planned", planned)
    assert main(["shape", "--management", "10.9.0.0/16", *words, "--dry-run"]) == exit.OK
    assert main(["--set", "shaping.management=10.8.0.0/16", "shape", *words, "--dry-run"]) == exit.OK
    assert [str(networks) for networks in seen] == [
        "(IPv4Network('10.9.0.0/16'),)", "(IPv4Network('10.8.0.0/16'),)",
    ]  # fmt: skip


def test_nothing_to_confirm_or_recover_is_said(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["shape", "confirm"]) == exit.FAILURE
    assert "nothing waits" in said(capsys)
    assert main(["shape", "recover"]) == exit.OK
    assert "nothing to recover" in said(capsys)
    assert main(["shape", "clear", "--all"]) == exit.OK
    assert "nothing is shaped" in said(capsys)


def test_a_damaged_entry_is_told_by_recover(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.mkdir(mode=0o700)
    (state / "0a0a0a0a.json").write_text("{")
    assert main(["shape", "recover"]) == exit.INCOMPLETE
    assert "0a0a0a0a.json" in said(capsys)


def test_what_is_left_is_told_as_people_do() -> None:
    assert [_clock(seconds) for seconds in (0, 59, 3599, 3600, 90_061)] == [
        "0s", "59s", "59m 59s", "1h", "25h 1m 1s",
    ]  # fmt: skip

"""Filters as operators write them: the first that fits decides, faults name their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.configuration import watchlist
from procwire.configuration.reason import ConfigurationError
from procwire.configuration.watchlist import SHOWN, STORED, Action, Watchlist
from procwire.model.flow import Flow
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS


def written(path: Path, text: str) -> Path:
    (path / "filters.yaml").write_text(text)
    return path / "filters.yaml"


def flow(**process: object) -> FlowRow:
    made = Flow()
    made.family, made.proto, made.dport = 4, 6, 443
    made.src_lo, made.dst_lo = 0x0A000001, 0xC0000201  # 10.0.0.1, 192.0.2.1
    made.app = "tls"
    named = {"pid": 7, "start": 1, "name": "curl", "exe": "/usr/bin/curl", "user": "www", "uid": 33} | process
    made.owner = Owner(process=ProcessRef(**named), confidence=EXACT)  # type: ignore[arg-type]
    return FlowRow(made)


def decided(path: Path, entry: str, row: FlowRow | None = None) -> bool:
    made = Watchlist(written(path, f"filters:\n  - {{{entry}, action: ignore}}\n"), FLOWS)
    return made.decide(row or flow()).action is Action.IGNORE


@pytest.mark.parametrize(
    "entry",
    [
        "process: curl", "process: CURL", "process: /usr/bin/curl", "process: [wget, curl]", "user: www",
        "user: 33", "dst: 192.0.2.1", "dst: 192.0.2.0/24", "dst: [10.0.0.0/8, 192.0.2.0/24]",
        "dst: 192.0.2.0..192.0.2.9", "dst_port: 443", "dst_port: 400..500", "app: tls, process: curl",
        "expression: 'app == tls and dst_port > 400'", "expression: curl, user: www", "process.name: curl",
    ],
)  # fmt: skip
def test_what_fits(tmp_path: Path, entry: str) -> None:
    assert decided(tmp_path, entry)


@pytest.mark.parametrize(
    "entry",
    ["process: curl2", "process: /bin/curl", "user: 34", "dst: 10.0.0.0/8", "dst_port: 80",
     "app: tls, process: wget", "expression: 'app == http'", "container_id: abc123"],
)  # fmt: skip
def test_what_does_not(tmp_path: Path, entry: str) -> None:
    assert not decided(tmp_path, entry)


@pytest.mark.parametrize("given", ["abc123", "abc123abc123", "abc123abc123" + "f" * 52])
def test_a_container_is_known_by_the_beginning_of_its_id(tmp_path: Path, given: str) -> None:
    assert decided(tmp_path, f"container_id: {given}", flow(container="abc123abc123"))
    assert not decided(tmp_path, f"container_id: {given}", flow(container="abd123abc123"))


def test_a_unit_may_lack_its_suffix(tmp_path: Path) -> None:
    for name in ("nginx", "nginx.service"):
        assert decided(tmp_path, f"unit: {name}", flow(unit="nginx.service"))


LIST = """\
default: record
filters:
  - {process: wget, action: ignore}
  - {process: curl, dst_port: 80, action: ignore}
  - {user: www, action: alert, name: the web server}
  - {process: curl, action: ignore}
"""


def test_the_first_that_fits_decides_and_says_why(tmp_path: Path) -> None:
    made = Watchlist(written(tmp_path, LIST), FLOWS)
    verdict = made.decide(flow())
    assert verdict.action is Action.ALERT
    assert verdict.entry is not None
    assert str(verdict.entry) == f"entry 3 ({tmp_path}/filters.yaml:5): 'the web server'"
    assert made.explain(flow()) == [
        f"entry 1 ({tmp_path}/filters.yaml:3): process: wget: no, as process: wget does not fit "
        "(process is curl)",
        f"entry 2 ({tmp_path}/filters.yaml:4): process: curl and dst_port: 80: no, as dst_port: 80 does not "
        "fit (dst_port is 443)",
        f"entry 3 ({tmp_path}/filters.yaml:5): 'the web server': fits, so: alert",
    ]
    other = flow(name="ssh", user="root", uid=0)
    assert made.decide(other).action is Action.RECORD
    assert made.explain(other)[-1] == "no entry fits, so the default: record"


def test_without_a_default_all_else_is_watched(tmp_path: Path) -> None:
    assert Watchlist(written(tmp_path, "filters: []\n"), FLOWS).decide(flow()).action is Action.MONITOR


def test_what_actions_mean() -> None:
    assert set(SHOWN) == {Action.MONITOR, Action.ALERT}
    assert set(STORED) == set(Action) - {Action.IGNORE}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("filters:\n- {proces: x, action: ignore}\n", 2, "did you mean process"),
        ("filters:\n- {process: x, action: ignor}\n", 2, "did you mean ignore"),
        ("filters:\n- {process: x}\n", 2, "needs an action"),
        ("filters:\n- {action: ignore}\n", 2, "fits everything"),
        ("filters:\n- process: x\n  action: ignore\n  dst: nowhere\n", 4, "not an address"),
        ("filters:\n- {expression: 'a b c ==', action: ignore}\n", 2, "ends too early"),
        ("filters:\n- {expression: 5, action: ignore}\n", 2, "in quotes"),
        ("filters:\n- {process: {a: 1}, action: ignore}\n", 2, "a value, or a list"),
        ("filters:\n- {process: [], action: ignore}\n", 2, "a value, or a list"),
        ("filters:\n- just text\n", 2, "an entry is"),
        ("filters: 5\n", 1, "a list"),
        ("filtrs: []\n", 1, "did you mean filters"),
        ("default: x\nfilters: []\n", 1, "no action"),
        ("- a\n", 1, "filters:"),
        ("", 1, "filters:"),
        ("filters:\n- {process: x, process: y, action: ignore}\n", 2, "comes twice"),
    ],
)
def test_faults_name_their_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Watchlist(written(tmp_path, text), FLOWS)
    assert any(one.startswith(f"{tmp_path}/filters.yaml:{line}: ") and said in one
               for one in str(caught.value).splitlines()), caught.value  # fmt: skip


WRONG = "default: x\nfilters:\n- {a: 1, action: b}\n- {dst: c, action: ignore}\n"


def test_every_fault_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Watchlist(
            written(tmp_path, WRONG),
            FLOWS,
        )
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["1", "3", "3", "4"]


def test_entries_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchlist, "MAX_ENTRIES", 1)
    with pytest.raises(ConfigurationError, match="at most 1"):
        Watchlist(written(tmp_path, LIST), FLOWS)


@pytest.mark.parametrize("value", ["x' or app == tls or '", 'a" or app == tls or "', "a\\", "~", ".*"])
def test_a_value_is_never_read_as_an_expression(tmp_path: Path, value: str) -> None:
    assert not decided(tmp_path, "process: " + '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"')

"""Options that were not given take what is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import parser
from procwire.cli.settling import commands_of, parse
from procwire.configuration import layers
from procwire.configuration.keys import KEYS
from procwire.engine.options import EngineError

TEXT = """\
[watch]
interfaces = ["eth7"]
ring = "64MB"
owners = false
filters = "/f.yaml"
[flows]
max_flows = 5
timeouts = { udp = "60s" }
[store]
enabled = true
directory = "/s"
age = "1h"
[query]
deadline = "2s"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(layers, "SYSTEM", str(tmp_path / "none.toml"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "c.toml").write_text(TEXT)
    return str(tmp_path / "c.toml")


def parsed(*words: str) -> Any:
    return parse(parser(), list(words))


def test_without_files_every_option_is_as_declared(config: str) -> None:
    for command in commands_of(parser()):
        words = {"read": ["x"], "flow": ["x"], "follow": ["x"], "config": ["show"], "filters": ["check"]}
        if command not in ("watch", "history", "query", *words):
            continue
        found = vars(parsed(command, *words.get(command, [])))
        plain = vars(parser().parse_args([command, *words.get(command, [])]))
        alone = {key.dest for key in KEYS if not key.option}  # which stand in files alone
        assert {n: v for n, v in found.items() if n not in alone} == {
            n: v for n, v in plain.items() if n not in alone
        }


def test_what_is_written_down_takes_the_place_of_what_was_not_given(config: str) -> None:
    watch = parsed("--config", config, "watch")
    assert (watch.interface, watch.ring, watch.no_owners, watch.max_flows) == (["eth7"], 64_000_000, True, 5)
    assert (watch.store, watch.store_age, watch.filters) == ("/s", 3600 * 10**9, "/f.yaml")
    assert dict(watch.timeout) == {"udp": 60 * 10**9}
    assert parsed("--config", config, "query").deadline == 2.0
    assert parsed("--config", config, "history").store == "/s"


def test_what_is_given_wins(config: str) -> None:
    watch = parsed(
        "--config", config, "watch", "-i", "lo", "--max-flows", "9", "--store", "/x", "--ring", "1MB"
    )
    assert (watch.interface, watch.max_flows, watch.store, watch.ring) == (["lo"], 9, "/x", 1_000_000)


def test_only_a_watch_stores_without_being_asked(config: str) -> None:
    assert parsed("--config", config, "read", "x").store is None
    assert parsed("--config", config, "read", "x", "--store").store == "/s"


def test_words_and_variables(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCWIRE_QUERY_ROWS", "7")
    assert parsed("query").rows == 7
    assert parsed("--set", "query.rows=8", "query").rows == 8
    assert parsed("--set", "query.rows=8", "query", "--rows", "9").rows == 9


def test_faults_end_a_command_that_would_use_the_values(config: str) -> None:
    with pytest.raises(EngineError, match="did you mean"):
        parsed("--set", "query.row=8", "query")
    assert parsed("--set", "query.row=8", "protocols").command == "protocols"
    assert parsed("--set", "query.row=8", "config", "check").command == "config"


def test_a_filter_without_its_option_is_told_of_it(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    for words, hint in (
        (["sockets", "proto == tcp"], "; a filter is given as --filter 'proto == tcp'"),
        (["sockets", "--flter", "x"], ""),
    ):
        with pytest.raises(SystemExit, match="2"):
            parse(parser(), words)
        said = capsys.readouterr().err.splitlines()[-1]
        assert said == f"procwire: error: unrecognized arguments: {' '.join(words[1:])}{hint}"

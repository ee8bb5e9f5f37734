"""Which value holds: default, files, environment, command line; each with its origin."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.configuration import layers
from procwire.configuration.layers import defaults, load, strangers, usual
from procwire.configuration.reason import ConfigurationError


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A system's file and a user's file, and where they are found."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "home" / "procwire").mkdir(parents=True)
    (tmp_path / "etc" / "config.toml").write_text("[watch]\nfanout = 2\ndepth = 'full'\nring = 1\n")
    (tmp_path / "home" / "procwire" / "config.toml").write_text("[watch]\nfanout = 3\ndepth = 'first'\n")
    monkeypatch.setattr(layers, "SYSTEM", str(tmp_path / "etc" / "config.toml"))
    return {"XDG_CONFIG_HOME": str(tmp_path / "home"), "HOME": "/nowhere"}


def test_later_ones_win(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "named.toml").write_text("[watch]\nfanout = 4\n")
    settings = load(environ=environ)
    assert (settings["watch.fanout"].value, settings["watch.depth"].value) == (3, "first")
    assert settings["watch.ring"].origin == f"{tmp_path}/etc/config.toml:4"
    assert settings["watch.hash"].origin == "default"
    named = str(tmp_path / "named.toml")
    assert load(named, environ=environ)["watch.fanout"].value == 4
    more = environ | {"PROCWIRE_WATCH_FANOUT": "5"}
    assert load(named, environ=more)["watch.fanout"].value == 5
    assert load(named, environ=more)["watch.fanout"].origin == "PROCWIRE_WATCH_FANOUT"
    last = load(named, ["watch.fanout=6"], more)["watch.fanout"]
    assert (last.value, last.origin) == (6, "--set")


def test_all_faults_of_all_places_are_said(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "etc" / "config.toml").write_text("[watch]\nx = 1\n")
    with pytest.raises(ConfigurationError) as caught:
        load("/nowhere/x.toml", ["watch.fanot=1", "nothing"], environ | {"PROCWIRE_QUERY_ROWS": "many"})
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    for part in (
        "config.toml:2:",
        "/nowhere/x.toml:1:",
        "did you mean watch.fanout",
        "KEY=VALUE",
        "QUERY_ROWS",
    ):
        assert any(part in line for line in lines), part


def test_a_misspelt_variable_is_noticed() -> None:
    assert strangers({"PROCWIRE_WATCH_RNG": "1", "PROCWIRE_SHARED": "/x", "PATH": "/bin"}) == [
        "PROCWIRE_WATCH_RNG in the environment is no key: did you mean PROCWIRE_WATCH_RING?"
    ]


def test_only_files_that_exist_are_usual(tmp_path: Path, environ: dict[str, str]) -> None:
    assert len(usual(environ)) == 2
    assert len(usual({"XDG_CONFIG_HOME": "/nowhere"})) == 1
    assert len(defaults()) == len(load(environ={"XDG_CONFIG_HOME": "/nowhere"}))

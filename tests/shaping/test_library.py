"""Where presets are found, and which of a name is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.shaping.failure import InvalidError
from procwire.shaping.library import Library, directories, read
from procwire.shaping.preset import BASES
from procwire.shaping.texts.located import FileError


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def test_everything_that_ships_is_right_and_says_where_it_is_from(alone: Path) -> None:
    library = Library()
    assert library.left_out == []
    assert len(library.presets) > 25
    for preset in library.presets.values():
        assert preset.source, preset.name
        assert preset.basis in BASES
        assert len(preset.effects) == 2, f"{preset.name} has one direction"
    wanted = {"gprs", "2g", "3g", "lte", "5g", "dsl", "cable", "wifi", "geo", "leo", "transatlantic"}
    assert wanted <= set(library.presets)


def test_the_later_directory_goes_before_the_earlier(alone: Path) -> None:
    mine = directories("presets")[-1]
    mine.mkdir(parents=True)
    (mine / "a.toml").write_text("[lte]\nrtt = '1s'\n")
    (mine / "b.json5").write_text("{own: {rtt: '2s'}}")
    (mine / "wrong.toml").write_text("[x]\nrtt = 1\n")
    other = alone / "other"
    other.mkdir()
    (other / "c.toml").write_text("[own]\nrtt = '3s'\n")
    library = Library([str(other), str(alone / "missing")])
    assert library.named("lte").words == {"rtt": "1s"}
    assert library.named("own").words == {"rtt": "3s"}
    assert library.left_out[0].startswith(f"{mine}/wrong.toml:2: rtt")
    assert "missing" in library.left_out[1]


def test_a_name_that_is_not_known_is_told_with_those_like_it(alone: Path) -> None:
    with pytest.raises(InvalidError, match="lte-moving"):
        Library().named("lt")
    with pytest.raises(InvalidError, match="list"):
        Library().named("qqq")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        read(tmp_path / "x.toml")
    (tmp_path / "y.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(FileError) as wrong:
        read(tmp_path / "y.toml")
    assert wrong.value.line == 2


def test_a_file_that_is_not_there_is_said_however_it_is_written(
    alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Library(["./none.toml"]).left_out == ["none.toml: no such file or directory"]
    assert Library([str(tmp_path)]).left_out == []

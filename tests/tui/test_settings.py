"""What is remembered."""

from __future__ import annotations

from pathlib import Path

from procwire.tui.settings import MAX_HISTORY, Settings, load, place, save, used


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "new" / "terminal.json"
    settings = Settings(theme="light")
    settings.view("flows").columns = ("process", "dst")
    assert save(settings, path) == ""
    assert load(path) == settings
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_broken_file_is_as_none(tmp_path: Path) -> None:
    path = tmp_path / "terminal.json"
    path.write_text('{"theme": 5')
    assert load(path) == Settings()
    assert load(tmp_path / "missing") == Settings()


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "not saved" in save(Settings(), tmp_path / "file" / "terminal.json")


def test_nothing_is_written_without_a_place() -> None:
    assert save(Settings(), None) == ""


def test_the_place_follows_xdg() -> None:
    assert place({"XDG_CONFIG_HOME": "/x"}) == Path("/x/procwire/terminal.json")
    assert place({"XDG_CONFIG_HOME": "odd", "HOME": "/home/a"}) == Path(
        "/home/a/.config/procwire/terminal.json"
    )


def test_a_history_is_bounded_and_has_each_text_once() -> None:
    history: list[str] = []
    for number in range(MAX_HISTORY + 20):
        used(history, str(number))
    used(history, "50")
    assert history[0] == "50"
    assert len(history) == len(set(history)) == MAX_HISTORY

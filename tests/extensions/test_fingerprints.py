"""Names of fingerprints: ours, a user's in front of them, and what is wrong with a file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.extensions import fingerprints
from procwire.extensions.fingerprints import KINDS, MAX_NAMES, OURS, learn, names, usual
from procwire.extensions.reason import ExtensionError
from tests.cli import program
from tests.scenes.scenes import VECTORS

CURL = "t13d3112h2_e8f1e7e78f70_b26ce05bbdd6"  # as Debian 12 has it


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Leave no user's names behind."""
    yield
    fingerprints._names = fingerprints.Names()


def test_our_list_is_sound() -> None:
    lines = OURS.read_text(encoding="ascii").splitlines()
    rows = [line.split("\t") for line in lines if line[0] != "#"]
    assert len(rows) > 40
    assert rows == sorted(rows)
    for kind, value, name, seen in rows:
        assert re.fullmatch(KINDS[kind], value), value
        assert name
        assert re.match(r"Debian \d+", seen), seen
    assert len({(kind, value, name) for kind, value, name, _ in rows}) == len(rows)
    assert not names().asks("ja3")


def test_all_who_share_a_fingerprint_are_named() -> None:
    assert "curl (OpenSSL)" in names().of("ja4", CURL)
    assert names().of("ja4", CURL.replace("h2", "h3")) == ()
    assert names().of("hassh", CURL) == ()


def test_a_users_names_stand_first(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(
        f"- {{ja4: {CURL}, name: our updater, seen: build 7}}\n"
        "- ja3: cd08e31494f9531f560d64c695473da9\n  name: 'our scanner'\n"
        "- {ja3: cd08e31494f9531f560d64c695473da9, name: our other scanner}\n"
    )
    learn([str(file)])
    assert names().of("ja4", CURL)[0] == "our updater"
    assert "curl (OpenSSL)" in names().of("ja4", CURL)
    assert names().of("ja3", "cd08e31494f9531f560d64c695473da9") == ("our scanner", "our other scanner")
    assert (names().asks("ja3"), names().asks("hassh")) == (True, False)


def test_names_of_one_fingerprint_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text("".join(f"- {{hassh: {'a' * 32}, name: n{n}}}\n" for n in range(MAX_NAMES + 5)))
    learn([str(file)])
    assert len(names().of("hassh", "a" * 32)) == MAX_NAMES


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("ja4: x\n", 1, "must be a list"),
        (f"- {{ja4: {CURL}, name: a}}\n- ja4: {CURL[:-1]}\n  name: b\n", 2, "is no ja4 fingerprint"),
        ("\n- ja5: x\n  name: b\n", 2, "'ja5' is not known; there are ja4, ja3"),
        (f"- ja4: {CURL}\n", 1, "'name' must be one line"),
        (f"- ja4: {CURL}\n  name: ''\n", 2, "'name' must be one line"),
        (f"- ja4: {CURL}\n  hassh: {'a' * 32}\n  name: b\n", 1, "needs one of"),
        ("- name: b\n", 1, "needs one of"),
        ("- just text\n", 1, "must be a mapping"),
        (f"- ja3: {'1' * 32}\n  name: b\n", 1, "quote it"),
        ("- {ja4\n", 2, "expected"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    file = tmp_path / "names.yaml"
    file.write_text(text)
    with pytest.raises(ExtensionError, match=re.escape(words)) as told:
        learn([str(file)])
    assert str(told.value).startswith(f"{file}:{line}: ")
    assert "\n" not in str(told.value)
    assert names().of("ja4", CURL)


def test_an_empty_file_names_nothing_and_a_missing_one_is_told(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text("# nothing yet\n")
    learn([str(file)])
    with pytest.raises(ExtensionError, match=r"none.yaml:1: not a regular file"):
        learn([str(tmp_path / "none.yaml")])


def test_the_usual_place(tmp_path: Path) -> None:
    place = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert str(tmp_path) not in "".join(usual(place))
    (tmp_path / "procwire").mkdir()
    (tmp_path / "procwire" / "fingerprints.yaml").touch()
    assert usual(place)[0] == f"{tmp_path}/procwire/fingerprints.yaml"


def test_a_capture_is_named_and_a_wrong_file_is_a_wrong_use(tmp_path: Path) -> None:
    file = tmp_path / "names.yaml"
    file.write_text("- {hassh: 472b5de333ad665af5cbf10ff892c4df, name: our jump host}\n")
    capture = str(VECTORS / "tls" / "chromium.pcap")
    words = ("read", capture, "--json", "--filter", "client == Chromium", "--fingerprints", str(file))
    done = program.run(*words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b'"client":["Chromium"],"client_source":"ja4"' in done.stdout
    file.write_text("- {hassh: short, name: our jump host}\n")
    done = program.run(*words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode() == (
        f"procwire: {file}:1: 'short' is no hassh fingerprint (quote it where it is all digits)\n"
    )


def test_a_home_that_may_not_be_entered_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "stat", refuse)
    assert usual({"XDG_CONFIG_HOME": str(tmp_path)}) == []

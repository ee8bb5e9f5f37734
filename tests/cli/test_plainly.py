"""Argparse's words and widths, without what it loads for them."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys

import pytest

from procwire.cli.plainly import ArgumentParser, columns

TEXT = "what it does, told in so many words that they do not stand in one line of any terminal: " * 3


@pytest.mark.parametrize("told", ["", "60", "0", "-3", "wide", "200"])
def test_it_is_as_wide_as_argparse_would_be(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", told)
    assert columns() == shutil.get_terminal_size().columns


@pytest.mark.parametrize("told", ["60", "131"])
def test_help_is_as_argparse_writes_it(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", told)
    helps = []
    for kind in (argparse.ArgumentParser, ArgumentParser):
        parser = kind(prog="one", description=TEXT)
        parser.add_argument("--many", nargs="*", metavar="WORD", help=TEXT)
        commands = parser.add_subparsers(title="commands")
        below = commands.add_parser("two", help="below", description=TEXT)
        below.add_argument("place", help=TEXT)
        helps.append((parser.format_help(), below.format_help(), type(below) is kind))
    assert helps[0] == helps[1]


def test_a_start_loads_neither_translations_nor_what_measures_terminals() -> None:
    told = "import sys; from procwire.cli.main import parser; parser('watch'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not {"locale", "shutil", "difflib", "sqlite3", "csv", "random"} & set(loaded.stdout.split())

from __future__ import annotations

import argparse
import io
import sys

import pytest

from procwire.cli.output import choice
from procwire.cli.output.csv_rows import Csv
from procwire.cli.output.json_lines import JsonLines
from procwire.cli.output.text_table import TextTable
from procwire.model.tables import FLOWS


def words(**given: bool) -> argparse.Namespace:
    return argparse.Namespace(**{"json": False, "csv": False, "table": False, **given})


def test_the_form_that_was_asked_for() -> None:
    assert isinstance(choice.writer(words(json=True), FLOWS), JsonLines)
    assert isinstance(choice.writer(words(csv=True), FLOWS, events=True), Csv)
    assert isinstance(choice.writer(words(), FLOWS), TextTable)


def test_no_rows_are_written_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    out: choice.RowWriter = choice.NoRows()
    out.write(object(), "end")
    out.flush()
    out.finish()
    assert capsys.readouterr().out == ""


def test_into_a_pipe_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert choice.width() == 0


def test_columns_wins_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "61")
    assert choice.width() == 61
    monkeypatch.setenv("COLUMNS", "wide")
    assert choice.width() == 80

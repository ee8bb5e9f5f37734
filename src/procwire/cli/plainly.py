"""Argparse without what it loads to look for translations, and for the width of a terminal.

That is half a megabyte in each process (``locale``, ``shutil`` and what these load), and a tenth of the time
that a start takes: argparse makes a formatter for every option that is declared.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

COLUMNS = 80  # where nothing says how many there are
_MARGIN = 2  # as argparse leaves it

vars(argparse)["_"] = str  # of its words there is no translation under this command's name


def columns() -> int:
    """As shutil.get_terminal_size finds them."""
    told = os.environ.get("COLUMNS", "").strip()
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or COLUMNS  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # closed, detached, or none
        return COLUMNS


class ArgumentParser(argparse.ArgumentParser):
    """Its subcommands' parsers are of this class, too."""

    def _get_formatter(self) -> argparse.HelpFormatter:
        made: Any = self.formatter_class(prog=self.prog, width=columns() - _MARGIN)  # type: ignore[call-arg]
        if hasattr(made, "_set_color"):  # Python 3.14
            made._set_color(getattr(self, "color", True))
        formatter: argparse.HelpFormatter = made
        return formatter

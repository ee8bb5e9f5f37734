"""The written sections of the manual page say what is true."""

from __future__ import annotations

import re
import shlex

from procwire.cli._manual import ENVIRONMENT, EXAMPLES, EXIT_STATUS, FILES, FILTERS
from procwire.model.filter import compile_filter
from procwire.model.filter.syntax import OPERATORS
from procwire.model.host_tables import PROCESSES
from procwire.model.lives import LIVES
from procwire.model.socket_tables import SOCKETS
from procwire.model.tables import FLOWS


def test_every_exit_code_once() -> None:
    assert [code for code, _ in EXIT_STATUS] == ["0", "1", "2", "3", "4"]


def test_every_operator_is_named() -> None:
    text = FILTERS[0]
    assert [sign for sign in OPERATORS if sign not in text] == []


def test_examples_are_commands_with_filters_that_compile() -> None:
    for what, line in EXAMPLES:
        assert what.endswith(":")
        words = shlex.split(line)
        assert words[0] == "procwire"
        if "--filter" in words:
            table = SOCKETS if words[1] == "sockets" else PROCESSES if words[1] == "ps" else FLOWS
            table = LIVES if "--events" in words else table
            assert compile_filter(words[words.index("--filter") + 1], table).columns


def test_sentences() -> None:
    for _, meaning in (*ENVIRONMENT, *FILES, *EXIT_STATUS):
        assert re.search(r"\.$", meaning)

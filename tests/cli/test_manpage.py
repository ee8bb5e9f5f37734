"""The manual page holds every option, and roff has nothing to complain about."""

from __future__ import annotations

import shutil
import subprocess

from procwire.cli.manpage import escape, manual
from procwire.model.filter import compile_filter
from procwire.model.tables import FLOWS
from tests.cli.test_completions import a_parser


def page() -> str:
    return manual(a_parser(), version="0.1.0", date="2026-01-31")


def test_sections_commands_and_options_are_in() -> None:
    text = page()
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "COMMANDS", "FILTERS", "EXIT STATUS",
                    "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"):  # fmt: skip
        assert f".SH {section}\n" in text
    for words in (".SS read", ".SS watch", "\\-\\-filter", "\\fIprocess|remote\\fR", "100% of it"):
        assert words in text
    assert "secret" not in text
    assert text == page()


def test_the_example_filter_is_one() -> None:
    text = "proto == tls and bytes > 1MB and process.name in {curl, wget}"
    assert escape(text) in page()
    assert compile_filter(text, FLOWS).columns


def test_roff_is_content() -> None:
    for words in (["groff", "-man", "-ww", "-Tutf8", "-z"], ["mandoc", "-T", "lint", "-W", "error"]):
        if shutil.which(words[0]):
            done = subprocess.run(words, input=page(), text=True, capture_output=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")
    if shutil.which("groff"):
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-P-c"], input=page(), text=True, capture_output=True, check=True
        )
        assert "'a' ~ .b" in done.stdout
        assert ".any interface" in done.stdout


def test_what_roff_would_act_on_is_escaped() -> None:
    assert escape(".x\n'y\\-") == "\\&.x\n\\(aqy\\e\\-"

"""Completions for three shells, made from a parser, and read by the shells that are here."""

from __future__ import annotations

import argparse
import shutil
import subprocess

import pytest

from procwire.cli.completions import SHELLS, complete, mark_file


def a_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "procwire", description="Which process talks to whom, in which protocol."
    )
    parser.add_argument("--version", action="version", version="%(prog)s 1")
    commands = parser.add_subparsers(dest="command")
    read = commands.add_parser("read", help="read recordings", description="Read recordings.")
    mark_file(read.add_argument("files", nargs="+", metavar="FILE", help="files, - is standard input"))
    read.add_argument("--filter", metavar="EXPR", help="show only what matches, 100%% of it: 'a' ~ .b")
    read.add_argument("--group", choices=["process", "remote"], help="add flows up")
    watch = commands.add_parser("watch", help="watch live", description="Watch live.")
    watch.add_argument("-i", "--interface", action="append", metavar="IF", help=".any interface")
    watch.add_argument("--secret", help=argparse.SUPPRESS)
    return parser


@pytest.mark.parametrize("shell", SHELLS)
def test_options_and_commands_are_in(shell: str) -> None:
    script = complete(a_parser(), shell)
    for word in ("read", "watch", "group", "interface", "remote"):
        assert word in script
    if shutil.which(shell):
        done = subprocess.run([shell, "-n"], input=script, text=True, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_no_other_shell() -> None:
    with pytest.raises(ValueError, match="no completions for csh"):
        complete(a_parser(), "csh")


def test_bash_completes(tmp_path: object) -> None:
    script = complete(a_parser(), "bash")
    line = 'COMP_WORDS=(procwire read --gr); COMP_CWORD=2; _shtab_procwire; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", script + line], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "--group"

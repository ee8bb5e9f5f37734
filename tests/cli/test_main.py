from __future__ import annotations

import fcntl
import os
import select
import subprocess
import sys
import time

import pytest

from procwire import __version__
from procwire.cli.main import ALONE, complain, main, parser
from procwire.cli.settling import commands_of
from tests.cli.program import HTTP, environment, run

HEAVY = ("rich", "shtab", "cryptography", "hypothesis", "aioquic")


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        "watch",
        "read",
        "protocols",
        "columns",
        "interfaces",
        "doctor",
        "completions",
        "manpage",
    ):
        with pytest.raises(SystemExit) as ended:
            main([command, "--help"])
        assert ended.value.code == 0
        assert f"procwire {command}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"procwire {__version__}\n"


def test_a_wrong_word_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["raed"])
    assert ended.value.code == 2
    assert "raed" in capsys.readouterr().err


def test_the_help_names_the_exit_codes() -> None:
    assert "4 finished but degraded or incomplete" in (parser().epilog or "")


def test_complaints_are_one_line_with_our_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert complain("x.pcap: no", 3) == 3
    assert capsys.readouterr().err == "procwire: x.pcap: no\n"


@pytest.mark.parametrize("words", [["--version"], ["read", str(HTTP), "--json"]])
def test_nothing_heavy_is_imported(words: list[str]) -> None:
    code = (
        "import sys\nfrom procwire.cli.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment(), capture_output=True, check=True, timeout=60
    )
    assert done.stderr.decode().splitlines()[-1] == "[]"


def test_the_module_runs_too() -> None:
    assert run("--version").stdout.decode() == f"procwire {__version__}\n"


INTERRUPTED = """
import signal, sys
from procwire.cli.main import main
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
code = main(["columns", "--json"])
signal.setitimer(signal.ITIMER_REAL, 0)
sys.exit(code)
"""


def test_a_signal_tears_no_line_of_an_unbuffered_output() -> None:
    """The reader is slow, the pipe is full, and a signal comes in the middle of a write."""
    whole = run("columns", "--json").stdout
    size = 1 << 12
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, size)
    assert len(whole) > 2 * size
    words = [sys.executable, "-u", "-c", INTERRUPTED]
    program = subprocess.Popen(words, stdout=writer, env=environment())
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123
        select.select([pipe], [], [], 20)
        time.sleep(0.3)
        told = pipe.read()
    assert program.wait(60) == 0
    assert told == whole


def test_a_command_alone_is_parsed_as_among_all() -> None:
    """Of a command that is given its own parser alone is made: same words, same help."""
    for name in sorted(ALONE):
        alone, among = commands_of(parser(name)), commands_of(parser())
        assert list(alone) == [name]
        assert alone[name].format_help() == among[name].format_help()


def test_reading_loads_nothing_that_only_watching_needs() -> None:
    words = "import sys; from procwire.cli.main import main; main(['read', '--summary', sys.argv[1]]); "
    words += (
        "print([name for name in sys.modules if name.startswith(('procwire.bpf', 'procwire.processes'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", words, str(HTTP)],
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == b"[]"


def test_a_reading_that_ends_at_once_has_written_all() -> None:
    """Every line, and its own exit code."""
    words = [sys.executable, "-m", "procwire", "read", "--packets", "--json", "--no-progress"]
    whole = subprocess.run([*words, *[str(HTTP)] * 40], capture_output=True, check=True, env=environment())
    one = subprocess.run([*words, str(HTTP)], capture_output=True, check=True, env=environment())
    assert len(whole.stdout.splitlines()) == 40 * len(one.stdout.splitlines()) > 0
    missing = subprocess.run([*words, "/no/such.pcap"], capture_output=True, check=False, env=environment())
    assert (missing.returncode, missing.stdout) == (1, b"")

"""The command: its namespace, its environment, its end."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.shaping.lab import namespaces
from procwire.shaping.lab.command import NOT_FOUND, NOT_RUNNABLE, Caller, Command
from tests.lab import wait_for
from tests.shaping.lab.place import needs_lab

pytestmark = needs_lab


@pytest.fixture
def namespace() -> Iterator[int]:
    made = namespaces.made()
    yield made
    os.close(made)


def ended(command: Command) -> int:
    if command.code is None:
        assert select.select([command], (), (), 10)[0]
    wait_for(command.poll, what="the command")
    command.end()
    return command.code or 0


def test_it_is_in_the_namespace_with_its_environment(namespace: int, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["sh", "-c", f"readlink /proc/self/ns/net > {out}; echo $MORE >> {out}; exit 5"]
    assert ended(Command(words, namespace, more={"MORE": "x"}, caller=None)) == 5
    assert out.read_text() == f"net:[{os.fstat(namespace).st_ino}]\nx\n"


def test_a_signal_counts_128_and_its_number(namespace: int) -> None:
    command = Command(["sleep", "60"], namespace, more={}, caller=None)
    assert not command.poll()
    command.signal(signal.SIGTERM)
    assert ended(command) == 128 + signal.SIGTERM
    command.end()


def test_it_can_be_ended(namespace: int) -> None:
    command = Command(["sleep", "60"], namespace, more={}, caller=None)
    command.end()
    assert command.code == 128 + signal.SIGKILL


def test_what_cannot_be_run_is_told(namespace: int, tmp_path: Path) -> None:
    missing = Command([str(tmp_path / "missing")], namespace, more={}, caller=None)
    assert (missing.code, missing.fault) == (NOT_FOUND, "No such file or directory")
    (tmp_path / "plain").write_text("")
    plain = Command([str(tmp_path / "plain")], namespace, more={}, caller=None)
    assert plain.code == NOT_RUNNABLE
    assert plain.fault


def test_it_runs_as_its_caller(namespace: int) -> None:
    code = ended(
        Command(["sh", "-c", '[ "$(id -u)" = 65534 ]'], namespace, more={}, caller=Caller(65534, 65534))
    )
    assert code == 0

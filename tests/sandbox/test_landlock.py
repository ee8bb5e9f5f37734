"""Landlock by itself, without the filter in front of it."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procwire.sandbox import landlock, limits
from procwire.sandbox.landlock import READ, READ_FILE, WRITE, WRITE_FILE, Ruleset
from procwire.sandbox.syscalls import SandboxError
from tests.sandbox.child import in_child, refused


def under(prepare: Callable[[Ruleset], Any], work: Callable[[], Any], version: int | None = None) -> Any:
    """What ``work`` comes to in a process under a ruleset."""

    def confined() -> Any:
        ruleset = Ruleset(version)
        prepare(ruleset)
        limits.renounce()
        with ruleset:
            ruleset.enforce(quiet=True)
        return work()

    return in_child(confined)


def test_this_kernel_has_all_that_is_used() -> None:
    assert landlock.abi() >= landlock.SCOPES_SINCE
    assert landlock.why_none() == ""


def test_rights_grow_with_the_version() -> None:
    assert landlock.rights(0) == 0
    assert [landlock.rights(version).bit_length() for version in (1, 2, 3, 4, 5, 6, 7)] == [
        13, 14, 15, 15, 16, 16, 16,
    ]  # fmt: skip


def test_nothing_but_what_is_allowed(tmp_path: Path) -> None:
    read, write, other = tmp_path / "read", tmp_path / "write", tmp_path / "other"
    for folder in (read, write, other):
        folder.mkdir()
        (folder / "file").write_text("x")

    def prepare(ruleset: Ruleset) -> None:
        assert ruleset.allow(str(read), READ)
        assert ruleset.allow(str(write), WRITE)
        assert ruleset.allow(str(other / "file"), READ | WRITE_FILE)  # of a file, only what a file has
        assert not ruleset.allow(str(tmp_path / "no-such"), READ)

    def work() -> list[str]:
        return [
            refused((read / "file").read_text),
            refused(lambda: (read / "file").write_text("y")),
            refused(lambda: (read / "new").write_text("y")),
            refused(lambda: (write / "new").write_text("y")),
            refused((write / "new").unlink),
            refused((other / "file").read_text),
            refused(lambda: list(other.iterdir())),
            refused(lambda: list(Path("/").iterdir())),
            refused(lambda: os.execv("/bin/true", ["true"])),
        ]

    denied = "EACCES"
    assert under(prepare, work) == ["", denied, denied, "", "", "", denied, denied, denied]


def test_paths_are_allowed_by_descriptor_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    fd = os.open(tmp_path / "file", os.O_PATH)
    answer = under(lambda ruleset: ruleset.allow(fd, READ_FILE), (tmp_path / "file").read_text)
    os.close(fd)
    assert answer == "x"


def test_no_tcp_and_no_abstract_sockets_and_no_signals_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0procwire-test-{os.getpid()}")
        unix.listen()
        name, port, parent = unix.getsockname(), tcp.getsockname()[1], os.getpid()

        def work() -> list[str]:
            with socket.socket() as one, socket.socket() as two, socket.socket(socket.AF_UNIX) as three:
                return [
                    refused(lambda: one.connect(("127.0.0.1", port))),
                    refused(lambda: two.bind(("127.0.0.1", 0))),
                    refused(lambda: three.connect(name)),
                    refused(lambda: os.kill(parent, 0)),
                    refused(lambda: os.kill(os.getpid(), 0)),
                ]

        assert under(lambda _: None, work) == ["EACCES", "EACCES", "EPERM", "EPERM", ""]
        assert under(lambda _: None, work, version=3) == ["", "", "", "", ""]  # as Linux 6.2 has it
        assert under(lambda _: None, work, version=4) == ["EACCES", "EACCES", "", "", ""]  # 6.7


def test_a_kernel_without_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [0]

    def missing(*_: object) -> int:
        raise SandboxError(answer[0], os.strerror(answer[0]))

    monkeypatch.setattr(landlock, "call", missing)
    for answer[0], words in ((errno.ENOSYS, "5.13"), (errno.EOPNOTSUPP, "lsm="), (errno.EPERM, "container")):
        assert landlock.abi() == 0
        assert words in landlock.why_none()
        with pytest.raises(SandboxError):
            Ruleset()

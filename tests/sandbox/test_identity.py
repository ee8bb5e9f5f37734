"""Who a process becomes."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path

import pytest

from procwire.sandbox import identity
from procwire.sandbox.identity import Identity
from procwire.sandbox.syscalls import prctl
from tests.sandbox.child import in_child, refused

NOBODY = Identity(65534, 65534, "nobody")


def test_the_caller_of_sudo() -> None:
    who = identity.lesser({"SUDO_UID": "1000", "SUDO_GID": "1001", "SUDO_USER": "ann"})
    assert who == Identity(1000, 1001, "ann")


@pytest.mark.parametrize(
    "given", [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "x", "SUDO_GID": "1"}]
)
def test_else_a_system_user(given: dict[str, str]) -> None:
    who = identity.lesser(given)
    assert who is not None
    assert who.name in identity.SYSTEM_USERS
    assert who.uid


def test_root_without_anybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "SYSTEM_USERS", ("no-such-user",))
    assert identity.lesser({}) is None


def test_for_good() -> None:
    def work() -> list[object]:
        identity.become(NOBODY)
        return [os.getresuid(), os.getresgid(), os.getgroups(), refused(lambda: os.setuid(0)),
                identity.lesser({})]  # fmt: skip

    assert in_child(work) == [[65534] * 3, [65534] * 3, [], "EPERM", None]


def test_reading_is_asked_as_the_other(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    tmp_path.chmod(0o755)

    def work() -> list[object]:
        os.setgroups([7])
        before = identity.can_read(NOBODY, ["/usr"])
        inner.chmod(0o700)
        after = identity.can_read(NOBODY, ["/usr", str(inner)])
        return [before, after, os.geteuid(), os.getegid(), os.getgroups()]

    assert in_child(work) == [True, False, 0, 0, [7]]


def test_who_ends_with_its_parent_does_so_as_another_too() -> None:
    def ends() -> int:
        number = ctypes.c_int()
        prctl(2, ctypes.addressof(number))  # PR_GET_PDEATHSIG
        return number.value

    def work() -> list[object]:
        prctl(1, signal.SIGTERM)
        identity.can_read(NOBODY, ["/usr"])
        asked = ends()
        identity.become(NOBODY)
        return [asked, ends()]

    assert in_child(work) == [signal.SIGTERM, signal.SIGTERM]

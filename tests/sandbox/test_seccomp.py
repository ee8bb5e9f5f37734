"""A filter, in force."""

from __future__ import annotations

import errno
import os

from procwire.sandbox import limits, seccomp, syscalls
from procwire.sandbox.assembler import ALLOW, KILL, Rule, assemble, refusal
from procwire.sandbox.readback import status
from tests.sandbox.child import in_child, refused

NUMBERS = syscalls.numbers(syscalls.architecture())


def _filtered(*rules: Rule) -> None:
    limits.renounce()
    seccomp.install(assemble(rules, NUMBERS, syscalls.architecture(), default=ALLOW))


def test_it_is_there_on_this_kernel() -> None:
    assert seccomp.missing(KILL) == ""
    assert "no seccomp filters" in seccomp.missing(0x12340000)


def test_a_call_fails_as_the_filter_says_and_the_kernel_shows_it() -> None:
    def work() -> list[str]:
        _filtered(Rule("getppid", action=refusal(errno.EXDEV)))
        return [refused(lambda: syscalls.call("getppid")), status()["Seccomp"]]

    assert in_child(work) == ["EXDEV", "2"]


def test_a_fatal_call_ends_the_process() -> None:
    def work() -> None:
        _filtered(Rule("getppid", action=KILL))
        os.getppid()

    assert in_child(work) == -31  # SIGSYS


def test_without_renouncing_it_is_refused_to_who_has_no_rights() -> None:
    def work() -> str:
        os.setresuid(65534, 65534, 65534)
        return refused(lambda: seccomp.install(assemble([], NUMBERS, syscalls.architecture(), default=ALLOW)))

    syscalls.numbers(syscalls.architecture())
    assert in_child(work) == "EACCES"

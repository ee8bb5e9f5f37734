"""Filters, run on an interpreter of classic BPF that knows nothing of how they were made."""

from __future__ import annotations

import errno
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.sandbox import allowed, syscalls
from procwire.sandbox.assembler import ALLOW, AUDIT_ARCH, KILL, Check, Rule, assemble, instructions, refusal

X86 = AUDIT_ARCH["x86_64"]
NUMBERS = {"read": 0, "mmap": 9, "clone": 56, "prlimit64": 302, "ptrace": 101, "tgkill": 234}
DENIED = refusal(errno.EPERM)


def run(program: bytes, number: int, *arguments: int, arch: int = X86) -> int:
    """The answer to one call."""
    words = [argument & (1 << 64) - 1 for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("=IIQ6Q", number, arch, 0, *words)
    code = instructions(program)
    at = accumulator = 0
    while True:
        operation, yes, no, value = code[at]
        at += 1
        if operation == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif operation == 0x54:
            accumulator &= value
        elif operation == 0x15:
            at += yes if accumulator == value else no
        elif operation == 0x35:
            at += yes if accumulator >= value else no
        else:
            assert operation == 0x06
            return value


def made(*rules: Rule) -> bytes:
    return assemble(rules, NUMBERS, "x86_64", default=DENIED)


def test_what_is_named_is_allowed_and_nothing_else() -> None:
    program = made(Rule("read"))
    assert run(program, 0) == ALLOW
    assert run(program, 1) == DENIED


def test_another_architecture_ends_the_process() -> None:
    program = made(Rule("read"))
    assert run(program, 0, arch=0x40000003) == KILL  # i386, by int 0x80
    assert run(program, 0x40000000) == KILL  # x32
    assert run(assemble([Rule("read")], {"read": 63}, "aarch64", default=DENIED), 63,
               arch=AUDIT_ARCH["aarch64"]) == ALLOW  # fmt: skip


def test_an_argument_is_compared_under_its_mask() -> None:
    program = made(Rule("mmap", checks=(Check(2, (0, 2, 4), 6),)), Rule("read"))
    assert [run(program, 9, 0, 4096, prot) for prot in (1, 3, 5, 7, 6)] == [
        ALLOW,
        ALLOW,
        ALLOW,
        DENIED,
        DENIED,
    ]
    assert run(program, 0) == ALLOW  # the number is still there for the next rule


def test_all_checks_must_hold() -> None:
    rule = Rule("clone", checks=(Check(0, (1,), 1), Check(1, (7, 8))))
    program = made(rule)
    assert run(program, 56, 1, 8) == ALLOW
    assert run(program, 56, 0, 8) == DENIED
    assert run(program, 56, 1, 9) == DENIED


def test_upper_halves_do_not_help() -> None:
    program = made(
        Rule("tgkill", checks=(Check(0, (77,)),)), Rule("prlimit64", checks=(Check(2, null=True),))
    )
    assert run(program, 234, 77) == ALLOW
    assert run(program, 234, 78) == DENIED
    assert run(program, 302, 0, 0, 0) == ALLOW
    assert run(program, 302, 0, 0, 1 << 32) == DENIED  # a pointer with empty lower half
    assert run(program, 302, 0, 0, 1) == DENIED


def test_a_rule_may_say_what_happens_otherwise() -> None:
    program = made(Rule("ptrace", action=KILL), Rule("mmap", checks=(Check(0),), otherwise=KILL))
    assert run(program, 101) == KILL
    assert run(program, 9, 5) == KILL


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="no architecture"):
        assemble([], {}, "vax", default=DENIED)
    many = tuple(range(200))
    with pytest.raises(ValueError, match="instructions"):
        assemble([Rule("read", checks=(Check(0, many),))] * 30, NUMBERS, "x86_64", default=DENIED)


@given(number=st.integers(0, 600), first=st.integers(0, 2**64 - 1), second=st.integers(0, 2**64 - 1))
def test_the_real_filter_answers_every_call(number: int, first: int, second: int) -> None:
    numbers = syscalls.numbers("x86_64")
    program = assemble(allowed.computing(1234), numbers, "x86_64", default=DENIED)
    answer = run(program, number, first, second)
    assert answer in (ALLOW, KILL, DENIED, refusal(errno.ENOSYS))
    fatal = {numbers[name] for name in allowed.FATAL}
    assert (answer == KILL) == (number in fatal)

"""A seccomp filter, assembled: rules to the bytes of a classic BPF program (Linux 3.5, seccomp(2)). Pure.

Every program begins with the architecture: system call numbers mean nothing without it, and a process may
make calls of another one (i386 through ``int 0x80``; x32 by bit 30 of the number). Those end the process.
Arguments are compared by their lower 32 bits, which is all that the kernel reads of a flag, a command, a
domain, a descriptor or a process id; pointers, by both halves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

ALLOW = 0x7FFF0000  # SECCOMP_RET_ALLOW
KILL = 0x80000000  # SECCOMP_RET_KILL_PROCESS, since Linux 4.14
_ERRNO = 0x00050000  # SECCOMP_RET_ERRNO, the number in the lower 16 bits
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
X32_BIT = 0x40000000
MAX_INSTRUCTIONS = 4096  # BPF_MAXINSNS

_INSTRUCTION = struct.Struct("=HBBI")
_LOAD, _AND, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16  # struct seccomp_data


def refusal(number: int) -> int:
    """The action that makes a call fail with this errno."""
    return _ERRNO | number & 0xFFFF


class Check(NamedTuple):
    """An argument, by its place, must have one of ``values`` once masked; ``null``: all 64 bits must be 0."""

    argument: int
    values: tuple[int, ...] = (0,)
    mask: int = 0xFFFFFFFF
    null: bool = False


class Rule(NamedTuple):
    """What becomes of a call: ``action`` where all ``checks`` hold, else what ``otherwise`` says.

    ``otherwise`` None: what becomes of calls without a rule.
    """

    name: str
    action: int = ALLOW
    checks: tuple[Check, ...] = ()
    otherwise: int | None = None


def assemble(rules: Iterable[Rule], numbers: Mapping[str, int], machine: str, *, default: int) -> bytes:
    """The program. Calls that this architecture has not are passed over. Raises ValueError."""
    code = [*_prologue(machine)]
    for rule in rules:
        if rule.name in numbers:
            code += _of_rule(rule, numbers[rule.name], default)
    code.append(_pack(_RETURN, default))
    if len(code) > MAX_INSTRUCTIONS:
        raise ValueError(f"{len(code)} instructions, {MAX_INSTRUCTIONS} at most")
    return b"".join(code)


def _prologue(machine: str) -> list[bytes]:
    if machine not in AUDIT_ARCH:
        raise ValueError(f"no architecture is called {machine!r}")
    code = [
        _pack(_LOAD, _ARCH_AT),
        _pack(_EQUAL, AUDIT_ARCH[machine], yes=1),
        _pack(_RETURN, KILL),
        _pack(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":
        code += [_pack(_AT_LEAST, X32_BIT, no=1), _pack(_RETURN, KILL)]
    return code


def _of_rule(rule: Rule, number: int, default: int) -> list[bytes]:
    """The number is in the accumulator on the way in, and on the way past."""
    if not rule.checks:
        return [_pack(_EQUAL, number, no=1), _pack(_RETURN, rule.action)]
    otherwise = default if rule.otherwise is None else rule.otherwise
    body: list[bytes] = []
    for check in rule.checks:
        body += _of_check(check, otherwise)
    body.append(_pack(_RETURN, rule.action))
    return [_pack(_EQUAL, number, no=len(body)), *body]


def _of_check(check: Check, otherwise: int) -> list[bytes]:
    """Go on behind it where the check holds, else return ``otherwise``."""
    low = _ARGUMENTS_AT + 8 * check.argument
    if check.null:
        refuse = _pack(_RETURN, otherwise)
        return [
            _pack(_LOAD, low + 4), _pack(_EQUAL, 0, yes=1), refuse,
            _pack(_LOAD, low), _pack(_EQUAL, 0, yes=1), refuse,
        ]  # fmt: skip
    code = [_pack(_LOAD, low)]
    if check.mask != 0xFFFFFFFF:
        code.append(_pack(_AND, check.mask))
    code += [_pack(_EQUAL, value, yes=len(check.values) - at) for at, value in enumerate(check.values)]
    return [*code, _pack(_RETURN, otherwise)]


def _pack(operation: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return _INSTRUCTION.pack(operation, yes, no, value & 0xFFFFFFFF)


def instructions(program: bytes) -> Sequence[tuple[int, int, int, int]]:
    """A program as (operation, jump if true, jump if false, value)."""
    return list(_INSTRUCTION.iter_unpack(program))

"""System calls by name that the C library has no function for, and the numbers they have on this machine."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
from pathlib import Path
from typing import Any

ARCHITECTURES = ("x86_64", "aarch64")  # the columns of _syscalls.tsv
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


class SandboxError(OSError):
    """A measure cannot be taken here: ``errno`` where there is one, and words that say why."""


def architecture() -> str:
    """This process's, as the table calls it; empty where the table has none."""
    name = MACHINES.get(platform.machine().lower(), "")
    return name if ctypes.sizeof(ctypes.c_void_p) == 8 else ""  # a 32-bit process has other numbers


@functools.cache
def numbers(machine: str) -> dict[str, int]:
    """Name -> number of the system calls that are known here of an architecture."""
    if machine not in ARCHITECTURES:
        return {}
    column = 1 + ARCHITECTURES.index(machine)
    text = Path(__file__).with_name("_syscalls.tsv").read_text(encoding="ascii")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


@functools.cache
def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: int | bytes | ctypes.Array[Any] | ctypes.Structure | None) -> int:
    """Make a system call. Raises SandboxError, ENOSYS where its number is not known here."""
    number = numbers(architecture()).get(name)
    if number is None:
        raise SandboxError(errno.ENOSYS, f"{name}: no number known on {platform.machine()}")
    return raw(number, *arguments, name=name)


def raw(number: int, *arguments: Any, name: str = "") -> int:
    """Make a system call by its number. Raises SandboxError."""
    words = [_word(argument) for argument in arguments]
    ctypes.set_errno(0)
    function = _libc().syscall
    function.restype = ctypes.c_long
    result: int = function(ctypes.c_long(number), *words)
    if result < 0:
        code = ctypes.get_errno()
        raise SandboxError(code, f"{name or number}: {os.strerror(code)}")
    return result


def _word(argument: Any) -> Any:
    if argument is None:
        return ctypes.c_void_p(None)
    if isinstance(argument, int):
        return ctypes.c_long(argument)
    if isinstance(argument, bytes):
        return ctypes.c_char_p(argument)
    return ctypes.byref(argument)


def prctl(option: int, *arguments: int) -> int:
    """prctl(2), all five arguments given. Raises SandboxError."""
    given = (*arguments, 0, 0, 0, 0)[:4]
    return call("prctl", option, *given)

"""One attempt, and its stage: targets that are there, so that a refusal means something."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from procwire.sandbox.syscalls import SandboxError, call

REFUSED = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS})  # it went no further than the gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Made outside of the cell, for everybody to reach."""

    folder: str  # anyone may write here
    file: str  # a file in it that anyone may read and write
    home: str  # the home directory of whoever started this
    victim: int  # a process of the same user
    word: int  # an address in its memory
    tcp_port: int  # somebody listens there, on 127.0.0.1
    udp_port: int
    unix_path: str
    abstract: bytes  # name of an abstract unix socket
    handle: bytes  # of ``file``, as name_to_handle_at(2) tells it; empty where it cannot
    mount: int  # a descriptor of the file system it lies on
    namespace: int  # a descriptor of the network namespace outside
    terminal: int  # a pseudoterminal; -1 where there is none


class Attempt(NamedTuple):
    """``run`` returns where it succeeded and raises OSError where it was refused."""

    name: str
    what: str
    run: Callable[[Stage], Any]


def reached(name: str, *arguments: Any) -> None:
    """Make a system call that cannot succeed: raises where the kernel did not even look at what was asked."""
    try:
        call(name, *arguments)
    except SandboxError as error:
        if error.errno in REFUSED:
            raise

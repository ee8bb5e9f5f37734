"""Something done in a process of its own, whose answer comes back; what it gives up is gone with it."""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from procwire.sandbox import confine, profile
from procwire.sandbox.plan import STRICT


def in_child(work: Callable[[], Any]) -> Any:
    """What ``work`` returns there, as msgpack has it; its exception as an AssertionError."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            try:
                told = [True, work()]
            except BaseException:
                told = [False, traceback.format_exc()]
            os.write(writer, msgspec.msgpack.encode(told))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        raw = answer.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if not raw:
        return code
    good, what = msgspec.msgpack.decode(raw)
    assert good, what
    return what


def refused(step: Callable[[], Any]) -> str:
    """The name of the OSError that it ends in; empty where it does not."""
    import errno

    try:
        step()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "?")
    return ""


@contextlib.contextmanager
def shut_in() -> Iterator[int]:
    """A process that has confined itself as a reader, and waits: its pid."""
    reader, writer = os.pipe()
    back, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(go)
            confine.confine(profile.reader(STRICT, quiet=True))
            os.write(writer, b"+")
            os.read(back, 1)
        finally:
            os._exit(0)
    os.close(writer)
    try:
        assert os.read(reader, 1) == b"+"
        yield pid
    finally:
        for fd in (reader, back, go):
            os.close(fd)
        os.waitpid(pid, 0)

"""Something done in a process of its own, whose answer comes back; what it gives up is gone with it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

import msgspec


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

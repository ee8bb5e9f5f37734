"""Work that shuts its process in for good, done by a child: what must go on with rights stays behind.

The child's result comes back as JSON; what it raises is raised here as an EngineError.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from procwire.cli import exit
from procwire.engine.options import EngineError
from procwire.model.values import clean
from procwire.recorder.reason import RecorderError
from procwire.sandbox.plan import OFF

MAX_TOLD_BYTES = 16 << 20
_EXPECTED = (EngineError, RecorderError, OSError)


def apart(mode: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``work`` returns; where ``mode`` is off, it is done here. Raises EngineError."""
    if mode == OFF:
        return work()
    ours, theirs = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _work(work, theirs)
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as answer:
            told = answer.read(MAX_TOLD_BYTES)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        raise
    finally:
        _, status = os.waitpid(pid, 0)
    return _answer(told, os.waitstatus_to_exitcode(status))


def _answer(told: bytes, code: int) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(told, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise EngineError(f"the process that reads the packets ended with {code}") from None
    if "failed" in found:
        raise EngineError(clean(str(found["failed"])), int(found["code"]))
    return dict(found["made"])


def _work(work: Callable[[], dict[str, Any]], answer: int) -> NoReturn:
    told: dict[str, Any]
    try:
        told = {"made": work()}
    except _EXPECTED as error:
        told = {"failed": str(error), "code": getattr(error, "code", exit.FAILURE)}
    except BaseException as error:  # a defect: said as one line, as the parent says it
        told = {"failed": f"internal error: {type(error).__name__}: {error}", "code": exit.FAILURE}
    try:
        view = memoryview(msgspec.json.encode(told))
        while view:
            view = view[os.write(answer, view) :]
    finally:
        os._exit(0)

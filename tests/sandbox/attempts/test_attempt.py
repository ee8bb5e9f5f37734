"""What counts as refused."""

from __future__ import annotations

import pytest

from procwire.sandbox.attempts.attempt import Attempt, reached
from procwire.sandbox.syscalls import SandboxError


def test_looked_at_is_reached() -> None:
    reached("close", -1)  # EBADF: the kernel did look
    assert Attempt("a", "b", lambda _: None).name == "a"


def test_unknown_is_refused() -> None:
    with pytest.raises(SandboxError):
        reached("no_such_call")

"""What the whole suite shares: the order of its rooms, signals and niceness as they were, and no clock
for generated examples: on a machine that is busy they take what they take.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from procwire.sandbox import precedence

# The same examples each time, so that what fails here fails on each machine; PROCWIRE_EXPLORE=1 draws others.
settings.register_profile(
    "procwire",
    deadline=None,
    derandomize=not os.environ.get("PROCWIRE_EXPLORE"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("procwire")

FIRST = ("tests/sandbox/", "tests/warden/")
SIGNALS = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGRTMIN, signal.SIGRTMIN + 1,
)  # fmt: skip


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    """A command that runs in this process handles signals to its end, and a warden that is made in it lets it
    be served before others: no test after it is to meet that.
    """
    niceness, allowed = os.getpriority(os.PRIO_PROCESS, 0), dict(precedence._process)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    yield
    precedence._process.update(allowed)
    if os.getpriority(os.PRIO_PROCESS, 0) != niceness:
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that confine a copy of this process come first: what is open here is open there."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))

"""Bounds and switches."""

from __future__ import annotations

import os
import resource

from procwire.sandbox import limits
from procwire.sandbox.readback import status
from tests.sandbox.child import in_child, refused


def test_bounds_are_lowered_for_good() -> None:
    def work() -> list[object]:
        limits.restrain(descriptors=300, memory=1 << 30)
        names = (resource.RLIMIT_CORE, resource.RLIMIT_DATA, resource.RLIMIT_NOFILE)
        return [[resource.getrlimit(name) for name in names],
                resource.getrlimit(resource.RLIMIT_NPROC)[1] > limits.THREADS]  # fmt: skip

    assert in_child(work) == [[[0, 0], [1 << 30] * 2, [300, 300]], True]


def test_a_lower_bound_stays() -> None:
    def work() -> int:
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
        limits.restrain(descriptors=300)
        return resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    assert in_child(work) == 100


def test_memory_is_a_share_of_the_machine() -> None:
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert limits.LEAST_MEMORY <= limits.memory_bytes() <= max(whole, limits.LEAST_MEMORY)
    assert limits.tasks_now() > 1


def test_some_descriptors_are_spared() -> None:
    def work() -> list[int]:
        held = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        most = held + limits.SPARE_DESCRIPTORS + 100
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        return [limits.spare_descriptors(), resource.getrlimit(resource.RLIMIT_NOFILE)[0] == most]

    assert in_child(work) == [100, True]


def test_hidden_and_renounced_and_named() -> None:
    def work() -> list[object]:
        before = [limits.is_dumpable(), limits.has_renounced()]
        limits.rename("procwire:test-with-a-long-name")
        limits.hide()
        limits.renounce()
        shown = status()
        return [before, limits.is_dumpable(), limits.has_renounced(), shown["Name"], shown["NoNewPrivs"]]

    assert in_child(work) == [[True, False], False, True, "procwire:test-w", "1"]


def test_shown_again() -> None:
    def work() -> bool:
        limits.hide()
        limits.show()
        return limits.is_dumpable()

    assert in_child(work) is True
    assert refused(limits.is_dumpable) == ""

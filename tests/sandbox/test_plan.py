"""Which boundaries stand behind which measures."""

from __future__ import annotations

from procwire.sandbox import plan
from procwire.sandbox.plan import BEST_EFFORT, ENFORCED, MISSING, OFF, Confinement, Measure, Plan

ALL = (plan.THREADS, plan.LIMITS, plan.NETWORK, plan.IDENTITY, plan.CAPABILITIES, plan.HIDDEN,
       plan.NO_NEW_PRIVS, plan.FILES, plan.TCP, plan.SCOPES, plan.SECCOMP)  # fmt: skip


def without(*names: str) -> Confinement:
    missing = [Measure(name, MISSING, f"no {name}") for name in ALL if name in names]
    return Confinement(
        BEST_EFFORT, (*missing, *(Measure(name, ENFORCED) for name in ALL if name not in names))
    )


def test_with_everything_nothing_is_open() -> None:
    assert not without().open
    assert not without().missing


def test_another_wall_may_do() -> None:
    assert not without(plan.TCP, plan.SCOPES).open  # Linux 6.1: the filter and the namespace stand
    assert not without(plan.NETWORK).open  # a container: the filter stands


def test_a_boundary_without_a_wall_is_named_with_the_reason() -> None:
    assert without(plan.FILES).open == {"files": "landlock-files: no landlock-files"}
    found = without(plan.SECCOMP, plan.NETWORK).open
    assert set(found) == {"network", "system calls", "memory and processes"}
    assert found["system calls"] == "seccomp: no seccomp"
    assert set(without(plan.SECCOMP, plan.SCOPES).open) == {
        "other processes",
        "system calls",
        "memory and processes",
    }
    assert set(without(plan.IDENTITY).open) == {"rights"}


def test_what_is_not_in_force_is_listed() -> None:
    assert [each.name for each in without(plan.TCP).missing] == [plan.TCP]


def test_off_is_open_everywhere() -> None:
    assert set(Confinement(OFF).open) == set(plan.WALLS)


def test_a_plan_leaves_nothing_but_the_null_device() -> None:
    bare = Plan(name="procwire:test")
    assert (bare.mode, bare.readable, bare.writable, bare.devices) == (BEST_EFFORT, (), (), ("/dev/null",))

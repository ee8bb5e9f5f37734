"""What the doctor says of confinement."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from procwire.doctor import cells
from procwire.sandbox import confine, landlock, profile, readback, seccomp
from procwire.sandbox.plan import STRICT, Plan
from tests.sandbox.child import shut_in


def test_here_everything_can_be_taken() -> None:
    check = cells.sandbox()
    assert (check.name, check.status) == ("sandbox", "ok")
    assert "all 11 measures" in check.detail
    assert os.geteuid() == 0  # this process is as it was


def test_fewer_walls_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 2)
    check = cells.sandbox()
    assert check.status == "ok"
    assert "fewer walls: landlock-tcp: Linux 6.7" in check.detail


def test_a_boundary_without_a_wall_is_degraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "missing", lambda _: "the kernel has no seccomp filters")
    check = cells.sandbox()
    assert check.status == "degraded"
    assert check.detail.startswith("nothing bounds system calls, memory and processes: seccomp")


def test_a_process_in_a_cell_is_listed_as_the_kernel_has_it() -> None:
    with shut_in() as pid:
        found = {check.name: check for check in cells.processes()}
    check = found[f"process {pid}"]
    assert check.status == "ok"
    assert "capabilities none, no_new_privs on, seccomp filter, network own" in check.detail


def test_what_shaping_has_left_is_read_back_from_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    check = cells.shaping_warden()
    assert (check.name, check.status) == ("shaping-warden", "ok")
    assert check.detail.startswith("procwire:shaper: uid 0, capabilities ")
    assert "net_admin" in check.detail
    assert "net_raw" not in check.detail
    assert "no_new_privs on, seccomp filter, network shared" in check.detail
    monkeypatch.setitem(cells._KEEP, profile.SHAPER, ())
    monkeypatch.setattr(cells, "_shut_in", lambda: msgspec.msgpack.encode(readback.cell(os.getpid())))
    assert cells.shaping_warden().status == "degraded"  # as open as this process is


def test_a_rehearsal_leaves_nothing_behind() -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert cells.rehearse().measures
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: profile.daemon(STRICT), "procwire:daemon: uid 0, capabilities chown, dac_override, "),
        (lambda _: profile.shaper(STRICT), "procwire:shaper: uid 0, capabilities dac_override, "),
        (lambda path: profile.scribe(STRICT, str(path)), "procwire:ledger: uid 0, capabilities none, "),
    ],
)
def test_who_stays_root_is_in_order_with_the_rights_that_it_keeps(
    make: Callable[[Path], Plan], said: str, tmp_path: Path
) -> None:
    started, over = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(over[1])
            confine.confine(make(tmp_path))
            os.write(started[1], b"+")
            os.read(over[0], 1)
        finally:
            os._exit(0)
    os.read(started[0], 1)
    found = {check.name: check for check in cells.processes()}
    for fd in (*started, *over):
        os.close(fd)
    os.waitpid(pid, 0)
    check = found[f"process {pid}"]
    assert check.status == "ok"
    assert check.detail.startswith(said)

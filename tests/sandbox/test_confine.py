"""A plan, carried out in a child; and what is said where a measure cannot be taken."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from procwire.sandbox import capabilities, confine, identity, isolation, landlock, profile, seccomp, syscalls
from procwire.sandbox import plan as words
from procwire.sandbox.plan import BEST_EFFORT, ENFORCED, OFF, STRICT, Confinement
from procwire.sandbox.readback import status
from procwire.sandbox.syscalls import SandboxError
from tests.sandbox.child import in_child, refused, shut_in


def confined(mode: str, work: Callable[[Confinement], Any] = lambda done: None) -> Any:
    profile.reader(mode)  # what the lesser user could not import
    return in_child(lambda: work(confine.confine(profile.reader(mode, quiet=True))))


def missing(done: Confinement) -> dict[str, str]:
    return {each.name: each.detail for each in done.missing}


def test_everything_is_in_force_here_and_the_kernel_says_so() -> None:
    def work(done: Confinement) -> list[Any]:
        return [[each.state for each in done.measures], os.getresuid(), threading.active_count()]

    states, ids, _ = confined(STRICT, work)
    assert states == [ENFORCED] * 11
    assert 0 not in ids


def test_it_is_seen_from_outside() -> None:
    with shut_in() as pid:
        fields = status(pid)
    assert fields["Name"] == profile.READER
    assert {int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")} == {0}
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    assert "0" not in fields["Uid"].split()


def test_threads_can_be_started_after() -> None:
    def work(_: Confinement) -> list[str]:
        said: list[str] = []
        thread = threading.Thread(
            target=lambda: said.append(refused(lambda: Path("/etc/passwd").read_text()))
        )
        thread.start()
        thread.join()
        return said

    assert confined(STRICT, work) == ["EACCES"]


def test_off_changes_nothing() -> None:
    before = status()["Seccomp"]
    assert confine.confine(profile.reader(OFF)) == Confinement(OFF)
    assert status()["Seccomp"] == before


def _gone(*_: object, **__: object) -> None:
    raise SandboxError(errno.EPERM, "Operation not permitted")


def _older(monkeypatch: pytest.MonkeyPatch, version: int) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: version)
    if not version:
        monkeypatch.setattr(landlock, "why_none", lambda: "the kernel has no Landlock (Linux 5.13)")


@pytest.mark.parametrize(
    ("version", "lacking"),
    [(2, {words.TCP, words.SCOPES}), (4, {words.SCOPES}), (0, {words.FILES, words.TCP, words.SCOPES})],
    ids=["Linux 6.1", "Linux 6.7", "Linux 5.10"],
)
def test_older_kernels_degrade_by_name(
    monkeypatch: pytest.MonkeyPatch, version: int, lacking: set[str]
) -> None:
    _older(monkeypatch, version)
    found = confined(BEST_EFFORT, missing)
    assert set(found) == lacking
    assert all("Linux" in words for words in found.values())


def test_a_container_degrades_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name in ((isolation, "isolate"), (identity, "become"), (capabilities, "bound")):
        monkeypatch.setattr(room, name, _gone)
    found = confined(BEST_EFFORT, missing)
    assert set(found) == {words.NETWORK, words.IDENTITY, words.CAPABILITIES}
    assert "container" in found[words.NETWORK]
    assert "bounding set stays" in found[words.CAPABILITIES]


def test_seccomp_missing_and_unknown_machines_degrade_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "missing", lambda _: "the kernel has no seccomp filters")
    assert confined(BEST_EFFORT, missing) == {words.SECCOMP: "the kernel has no seccomp filters"}
    monkeypatch.setattr(confine, "architecture", lambda: "")
    assert "not known here" in confined(BEST_EFFORT, missing)[words.SECCOMP]


def test_strict_refuses_what_is_not_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    _older(monkeypatch, 4)

    def work() -> str:
        try:
            confine.confine(profile.reader(STRICT))
        except SandboxError as error:
            return str(error.strerror)
        return ""

    said = in_child(work)
    assert said.startswith("sandbox: strict, and not to be had here: landlock-scopes: Linux 6.12 has it")


def test_a_thread_that_runs_already_is_named() -> None:
    def work() -> dict[str, str]:
        gate = threading.Event()
        threading.Thread(target=gate.wait, daemon=True).start()
        return missing(confine.confine(profile.reader(BEST_EFFORT)))

    assert "2 threads run already" in in_child(work)[words.THREADS]


def test_files_that_nobody_else_may_read_keep_the_user(tmp_path: Path) -> None:
    path = tmp_path / "private"
    path.touch(0o600)

    def work() -> dict[str, str]:
        return missing(confine.confine(profile.reader(BEST_EFFORT, files=[str(path)])))

    assert "and not all for" in in_child(work)[words.IDENTITY]


def test_root_with_nobody_to_become(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "SYSTEM_USERS", ())
    monkeypatch.delenv("SUDO_UID", raising=False)
    assert confined(BEST_EFFORT, missing) == {words.IDENTITY: "runs as root, and there is no other user"}
    assert syscalls.architecture()

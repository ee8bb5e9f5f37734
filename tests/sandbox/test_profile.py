"""The cells, as plans."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from procwire.capture.files import open_files
from procwire.sandbox import capabilities, confine, identity, profile, python_tree
from procwire.sandbox.descriptors import Open
from procwire.sandbox.plan import BEST_EFFORT, OFF, STRICT, Confinement
from procwire.sandbox.profile import LEAST_DESCRIPTORS, READER, fetch_late, reader, shut_in
from procwire.shaping.lab import namespaces
from tests.cli.program import HTTP
from tests.sandbox.child import in_child, refused


def test_a_reader_opens_nothing_to_write_to() -> None:
    plan = reader(STRICT)
    assert (plan.name, plan.mode, plan.writable) == (READER, STRICT, ())
    assert not {"/", "/etc", "/home", "/root", str(Path.home())} & set(plan.readable)
    assert set(plan.trees) <= set(plan.readable)
    assert not {rule.name for rule in plan.rules} & {"socket", "execve", "unlinkat"}


def test_files_that_could_not_be_opened_yet_stay_readable() -> None:
    many = [f"/captures/{number}" for number in range(LEAST_DESCRIPTORS)]
    plan = reader(BEST_EFFORT, files=many)
    assert set(many) <= set(plan.readable)
    assert plan.descriptors > LEAST_DESCRIPTORS
    assert callable(plan.late)
    assert plan.late is python_tree.late
    assert any(check.values == (os.getpid(),) for rule in plan.rules for check in rule.checks)


def test_what_was_opened_is_read_and_nothing_else() -> None:
    def work() -> list[Any]:
        source = open_files([str(HTTP)])
        done = shut_in(STRICT, source.hold)
        frames = sum(batch.count for batch in source.batches())
        return [len(done.missing), frames > 10, refused(HTTP.read_bytes)]

    python_tree.fetch(python_tree.late())
    assert in_child(work) == [0, True, "EACCES"]


def test_off_opens_nothing_early() -> None:
    def hold(_: int) -> list[str]:
        raise AssertionError

    assert shut_in(OFF, hold) == Confinement(OFF)


def test_an_engine_keeps_a_right_only_where_maps_need_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("procwire.sandbox.descriptors.nameable", lambda: Open((1,), (5,), (7,)))
    assert profile.engine(STRICT, maps=True).keeps == ()
    monkeypatch.setattr(profile, "_linux", lambda: (5, 18))
    assert profile.engine(STRICT, maps=True).keeps == (capabilities.BPF,)
    assert profile.engine(STRICT).keeps == ()
    assert "/keys" in profile.engine(STRICT, files=["/keys"]).readable


def test_a_warden_stays_who_it_is_and_keeps_what_its_work_needs() -> None:
    plan = profile.warden(BEST_EFFORT)
    assert plan.keeps == profile.WARDEN_KEEPS
    assert plan.stays == {
        "landlock-files",
        "landlock-tcp",
        "landlock-scopes",
        "identity",
        "network-namespace",
    }
    done = in_child(lambda: [each.name for each in confine.confine(profile.warden(STRICT)).measures])
    assert set(done) == {"single-thread", "limits", "capabilities", "not-dumpable", "no-new-privs", "seccomp"}


def test_what_forks_would_each_load_is_loaded_before(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    monkeypatch.setattr(python_tree, "late", lambda: ("late",))
    monkeypatch.setattr(python_tree, "fetch", fetched.extend)
    for lesser, readable, mode in ((None, False, "strict"), ("who", True, "strict"), ("who", False, OFF)):
        monkeypatch.setattr(identity, "lesser", lambda lesser=lesser: lesser)
        monkeypatch.setattr(identity, "can_read", lambda *_, readable=readable: readable)
        fetch_late(mode)
    assert fetched == []
    monkeypatch.setattr(identity, "can_read", lambda *_: False)
    fetch_late("strict")
    assert fetched == ["late"]


def test_the_daemon_loses_what_none_of_those_needs_that_it_makes() -> None:
    plan = profile.daemon(STRICT)
    assert set(plan.keeps) <= set(profile.DAEMON_KEEPS)
    assert set(profile.WARDEN_KEEPS) <= set(profile.DAEMON_KEEPS)

    def work() -> list[Any]:
        measures = [each.name for each in confine.confine(profile.daemon(STRICT)).measures]
        lost = [
            refused(lambda: os.execv("/bin/true", ["true"])),
            refused(lambda: os.memfd_create("x")),
            refused(lambda: Path("/tmp/never").hardlink_to(__file__)),
        ]
        # And those that it makes confine themselves as ever.
        inner = in_child(lambda: [len(confine.confine(profile.reader(STRICT, quiet=True)).missing)])
        guard = in_child(lambda: [len(confine.confine(profile.warden(STRICT)).missing)])
        return [measures, lost, inner, guard]

    measures, lost, inner, guard = in_child(work)
    assert set(measures) == {"single-thread", "capabilities", "not-dumpable", "no-new-privs", "seccomp"}
    assert (lost, inner, guard) == (["EPERM"] * 3, [0], [0])


def test_the_warden_of_shaping_makes_no_process_and_speaks_to_no_other_host() -> None:
    def work() -> list[Any]:
        done = confine.confine(profile.shaper(STRICT))
        lost = [
            refused(lambda: os.execv("/bin/true", ["true"])),
            refused(os.fork),
            refused(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)),
            refused(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
            refused(lambda: os.kill(os.getppid(), 0)),
            refused(lambda: os.setuid(0)),
        ]
        made = [namespaces.inside(namespaces.made(), lambda: len(socket.if_nameindex()))]
        more = capabilities.effective() & ~sum(1 << number for number in profile.SHAPER_KEEPS)
        return [len(done.missing), lost, made, more]

    assert in_child(work) == [0, ["EPERM"] * 6, [1], 0]

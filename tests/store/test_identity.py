"""Processes by names that come once."""

from __future__ import annotations

import os
import subprocess

from procwire.store import identity


def test_we_live() -> None:
    assert identity.alive(identity.own())
    assert f"/{os.getpid()}/" in identity.own()


def test_a_process_that_ended_does_not() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        name = identity.own(child.pid)
        assert identity.alive(name)
        child.kill()
    assert not identity.alive(name)
    assert identity.own(child.pid) == ""


def test_what_is_no_identity_lives_not() -> None:
    boot, pid, start = identity.own().split("/")
    for name in ("", "x", "a/b/c", f"{boot}/{pid}/{start}1", f"other/{pid}/{start}"):
        assert not identity.alive(name)

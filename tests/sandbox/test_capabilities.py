"""Capabilities, given up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from procwire.sandbox import capabilities
from procwire.sandbox.readback import status
from tests.sandbox.child import in_child, refused


def _masks() -> list[int]:
    fields = status()
    return [int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")]


def test_all_of_them_go() -> None:
    def work() -> list[int]:
        capabilities.bound()
        capabilities.keep()
        return _masks()

    assert in_child(work) == [0] * 5


def test_some_stay_and_can_be_used() -> None:
    kept = [capabilities.NET_RAW, capabilities.KILL]
    mask = sum(1 << number for number in kept)

    def work() -> list[object]:
        capabilities.bound(kept)
        capabilities.keep(kept)
        return [_masks(), refused(lambda: os.kill(1, 0)), refused(lambda: os.chroot("/"))]

    assert in_child(work) == [[mask, mask, 0, mask, 0], "", "EPERM"]


def test_root_gets_none_back_by_changing_its_user() -> None:
    def work() -> list[object]:
        capabilities.bound()
        capabilities.keep()
        return [os.getuid(), refused(lambda: os.setresuid(1, 1, 1)), refused(capabilities.bound)]

    assert in_child(work) == [0, "EPERM", "EPERM"]


def test_they_have_names() -> None:
    assert capabilities.names(1 << capabilities.NET_RAW | 1 << 60) == ["net_raw", "60"]
    assert capabilities.effective() == int(status()["CapEff"], 16)


def test_a_machine_without_proc_has_as_many_as_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    assert capabilities.last() >= 40

    def missing(*_: object, **__: object) -> str:
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", missing)
    assert capabilities.last() == 40

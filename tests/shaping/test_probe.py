from __future__ import annotations

import shutil

import pytest

from procwire.shaping.abilities import OPTIONS
from procwire.shaping.probe import probe
from tests.lab import Lab
from tests.shaping.stage import needs_lab

pytestmark = [pytest.mark.kernel, needs_lab]


def test_what_is_found_is_what_tc_finds() -> None:
    able = probe()
    assert shutil.which("tc")
    with Lab() as lab:
        host = lab.host("a")
        words = {
            "tbf": ("rate", "1mbit", "burst", "2000", "latency", "9ms"),
            "prio": (),
            "netem": ("delay", "1ms"),
        }
        for kind in ("htb", "tbf", "netem", "prio", "fq_codel"):
            host.run("tc", "qdisc", "add", "dev", "lo", "root", kind, *words.get(kind, ()), check=False)
            theirs = f"qdisc {kind} " in host.run("tc", "qdisc", "show", "dev", "lo")
            assert able.kinds[kind] == theirs, kind
            host.run("tc", "qdisc", "del", "dev", "lo", "root", check=False)


def test_each_absence_has_a_reason() -> None:
    able = probe()
    assert able.clsact
    assert able.u32
    for kind, there in able.kinds.items():
        if not there and kind != "seed":
            assert kind in able.lacking(kind)
    assert set(able.kinds) - {"seed"} == set(OPTIONS)

"""The page that the kernel matrix writes, from reports as guests leave them (``make vm`` runs the guests)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vm.__main__ import is_good, page, plain
from tests.vm.guest import judged_steps, young_measures
from tests.vm.machine import hidden


def report(release: str, reason: str = "", *, good: bool = True) -> dict[str, Any]:
    """A whole report of a guest."""
    scene = {"absent": "", "good": good, "words": "exact bpf: translated: it is 10.88.0.2:41890 behind"}
    fell = {"said": "procwire: watching lo\nprocwire: no BTF", "right": 1, "sources": ["sock-diag"]}
    return {
        "release": release,
        "programs": {"owners": {"egress": "", "sock_send_length": reason}},
        "attribution": {
            "container": scene,
            "sctp": {"absent": "no such protocol", "good": False},
            "notes": "x",
        },
        **dict.fromkeys(("without BTF", "without the objects", "without CAP_BPF", "without cgroup v2"), fell),
        "after SIGKILL": {"during": 20, "left": 0, "links": 0},
        "suites": {"last": "100 passed", "failed": []},
    }


def test_a_page_has_a_column_a_kernel_and_a_reason_once() -> None:
    why = "bpf_object__load: No such process: prog 'x': failed to find | it"
    text = page([report("6.1", why), report("6.2", why), report("6.3")])
    assert "| program | 6.1 | 6.2 | 6.3 |" in text
    assert "| `sock_send_length` (owners) | refused [1] | refused [1] | runs |" in text
    assert text.count("prog 'x': failed to find / it") == 1
    assert "right: exact bpf: translated: it is its address and port behind" in text
    assert "not played: no such protocol" in text
    assert "owner right by sock-diag; says: procwire: no BTF" in text
    assert "0 of 20 programs and 0 links left" in text
    ran = "2 of 2 programs run, 1 of 1 scenarios have the right owner and bytes, 4 of 4 fallbacks are right"
    assert f"- 6.3 (?): {ran}, tests: 100 passed; 0 s in all." in text
    assert "- 6.1 (?): 1 of 2 programs run" in text


def test_what_was_not_right_is_not_good() -> None:
    assert is_good(report("6.1"))
    assert not is_good(report("6.1", good=False))
    assert not is_good(report("6.1", "refused"))
    assert not is_good({**report("6.1"), "suites": {"last": "1 failed, 9 passed", "failed": ["FAILED x"]}})
    assert not is_good({**report("6.1"), "suites": {}})
    assert "WRONG: exact bpf" in page([report("6.1", good=False)])
    assert not is_good({"release": "6.1"})
    assert not is_good({**report("6.1"), "without BTF": {"error": "Traceback"}})
    assert not is_good({**report("6.1"), "after SIGKILL": {"during": 20, "left": 3, "links": 3}})


def test_a_reason_is_kept_without_what_changes() -> None:
    assert plain("bpf_object__load: Permission denied: prog 'a': no") == "prog 'a': no"
    assert plain("no right to load BPF programs: CAP_BPF") == "no right to load BPF programs: CAP_BPF"


def test_scenes_of_shaping_have_a_table() -> None:
    shaped = {"rate": {"good": True, "words": "8.002 Mbit/s for 8"}, "loss": {"good": False, "words": "6%"}}
    text = page([{**report("6.1"), "shaping": shaped}])
    assert "| rate | right: 8.002 Mbit/s for 8 |" in text
    assert "| loss | WRONG: 6% |" in text
    assert not is_good({**report("6.1"), "shaping": shaped})
    assert "## Shaped by netem" not in page([report("6.1")])


def test_the_sandbox_has_a_table_and_a_verdict() -> None:
    cell = {"tried": 76, "needed": 0, "out": []}
    found = {
        "cells": {"read": cell, "engine": cell, "warden": {**cell, "needed": 12, "out": ["files/x"]}},
        "missing": ["landlock-tcp"],
        "good": False,
    }
    text = page([{**report("6.1"), "sandbox": found}, report("6.2")])
    assert "| is missing | landlock-tcp | ? |" in text
    assert "| warden | 63 of 76 attempts blocked, 12 are its work; NOT BLOCKED: files/x |" in text
    assert not is_good({**report("6.1"), "sandbox": found})
    assert is_good({**report("6.1"), "sandbox": {**found, "good": True}})


def test_what_is_missing_follows_from_the_version() -> None:
    assert young_measures("6.1.0-56-amd64") == ["landlock-scopes", "landlock-tcp"]
    assert young_measures("6.12.95+deb12-amd64") == []
    assert young_measures("5.10.0") == ["landlock-files", "landlock-scopes", "landlock-tcp"]


def test_a_clock_that_was_set_has_a_verdict() -> None:
    times = ("2026-01-01T00:00:00.5Z", "2026-01-01T01:00:09Z", "2025-12-31T23:00:20Z", "2026-01-01T00:00:01Z")
    flows = [{"pid": pid, "start": start, "duration": 0.1} for pid, start in enumerate(times)]
    good = judged_steps(flows, [0, 1, 2, 3], 0, 4)
    assert good["good"]
    assert not judged_steps(flows, [0, 1, 2, 3], 0, 3)["good"]
    assert not judged_steps([*flows, flows[1]], [0, 1, 2, 3], 0, 5)["good"]
    assert not judged_steps([{**flow, "duration": -1} for flow in flows], [0, 1, 2, 3], 0, 4)["good"]
    assert not judged_steps([{**flow, "start": times[0]} for flow in flows], [0, 1, 2, 3], 0, 4)["good"]
    assert "- 6.1: right: each flow told once" in page([{**report("6.1"), "clock steps": good}])
    assert not is_good({**report("6.1"), "clock steps": {"good": False}})


@pytest.mark.parametrize(("root", "found"), [("/tmp/procwire", True), ("/srv/tmp/procwire", False)])
def test_a_checkout_that_a_guest_does_not_see_is_refused(root: str, found: bool) -> None:
    assert hidden(Path(root)) is found

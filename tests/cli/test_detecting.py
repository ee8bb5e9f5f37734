"""Detectors run once, for all who take what they find."""

from __future__ import annotations

from argparse import Namespace

import pytest

from procwire.cli.detecting import Detecting, losses, names_of
from procwire.detect.contract import SECOND
from procwire.engine.options import EngineError
from procwire.model.finding import Finding
from tests.detect.made import flow, process


def asked(findings: str | None = None, **more: object) -> Namespace:
    return Namespace(**{"findings": findings, "thresholds": [], "rules": [], **more})


def test_every_taker_gets_every_finding_with_what_was_lost() -> None:
    detecting = Detecting(asked("scan"))
    first: list[Finding] = []
    second: list[Finding] = []
    detecting.takers += [first.append, second.append]
    detecting.reasons = lambda: losses(dropped=3)
    for port in range(1, 60):
        one = flow("10.0.0.9", port, at=port / 10, answered=False, owner=process("/usr/bin/nmap"))
        detecting.told("open", one)
        detecting.told("end", one)
    detecting.finish()
    assert first
    assert first == second
    assert first[0].reasons == ("3 packets were dropped by the kernel",)
    assert first[0].complete == "degraded"
    assert detecting.now >= SECOND
    assert not detecting.incomplete


def test_what_cannot_be_is_said() -> None:
    assert names_of(asked("scan, beacon,")) == ["scan", "beacon"]
    with pytest.raises(EngineError, match="no detector is called"):
        Detecting(asked("nonsense"))
    assert losses(evicted=2, skipped=1) == (
        "2 flows were given up: the flow table was full",
        "1 damaged spots were skipped",
    )
    assert losses() == ()

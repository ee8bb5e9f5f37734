from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from procwire.detect import registry
from procwire.detect.contract import DetectError, Detector
from procwire.detect.registry import MAX_DEFECTS, NAMES, Detection, settings_of
from procwire.model.finding import FINDINGS, Finding
from procwire.model.rows import FlowRow
from tests.detect.made import START, flow


def scanned(detection: Detection) -> None:
    for at in range(60):
        row = FlowRow(flow("10.0.0.9", 1 + at, at=at / 20, answered=False))
        detection.opened(row, row.flow.first)
        detection.ended(row, row.flow.first)
    detection.finish(START + 10**10)


def test_all_of_them_or_those_that_are_named() -> None:
    found: list[Finding] = []
    scanned(Detection(found.append))
    assert [one.detector for one in found] == ["scan"]
    scanned(other := Detection(found.append, names=["beacon"]))
    assert (len(found), other.findings) == (1, 0)
    scanned(Detection(found.append, settings={"scan": {"ports": 100}}))
    assert len(found) == 1


def test_what_does_not_exist_is_said() -> None:
    wrong: list[Any] = [(["nonsense"], {}), ([], {"nonsense": {"x": 1.0}}), ([], {"scan": {"nonsense": 1.0}})]
    for names, settings in wrong:
        with pytest.raises(DetectError, match="nonsense"):
            Detection(lambda _: None, names=names, settings=settings)
    with pytest.raises(DetectError, match=r"detector\.name=number"):
        settings_of(["scan.ports"])
    assert settings_of(["scan.ports=9", "scan.failed=.5"]) == {"scan": {"ports": 9.0, "failed": 0.5}}


class Broken(Detector):
    NAME, TITLE = "broken", "Broken"

    def opened(self, row: FlowRow, now: int) -> Iterable[Finding]:
        raise KeyError(row.flow.dport)


def test_one_that_fails_is_stopped_and_named_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DETECTORS", (Broken, *registry.DETECTORS))
    found: list[Finding] = []
    detection = Detection(found.append)
    scanned(detection)
    assert detection.stopped == {"broken": f"KeyError: {MAX_DEFECTS}"}
    assert [one.detector for one in found] == ["scan"]


def test_a_finding_fills_its_columns() -> None:
    found: list[Any] = []
    scanned(Detection(found.append))
    row = {column.name: column.get(found[0]) for column in FINDINGS}
    assert row["complete"] == "complete"
    assert row["scores"] == ("failed=1.00", "hosts=1.00", "ports=20.00")
    assert len(set(NAMES)) == len(NAMES)

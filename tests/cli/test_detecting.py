"""Detectors run once, for all who take what they find."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path

import pytest
from msgspec import structs

from procwire.cli.detecting import Detecting, losses, names_of
from procwire.detect.contract import SECOND
from procwire.dpi.protocols.dns import DnsQuery
from procwire.engine.options import EngineError
from procwire.model.finding import Finding
from procwire.model.lives import LifeRow
from procwire.model.process import EXACT, Glimpse, Owner
from procwire.model.streams import Direction
from procwire.store.keeping import Keeper
from tests.detect.made import START, flow, process
from tests.extensions.test_rules import write
from tests.store.test_programs import kept, owner


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


def test_rules_over_process_events_that_come_late_are_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "x.yaml", "mine")
    detecting = Detecting(asked("", rules=[str(tmp_path)]))
    (tmp_path / "late.yaml").write_text(
        "id: late\ntitle: Late\nseverity: low\ntable: process_event\nmatch: exe contains x\n"
        "tests: {fires: [{exe: x}], silent: [{exe: y}]}\n"
    )
    assert detecting.ruling is not None
    detecting.ruling.reload()
    assert detecting.ruling._thread is not None
    detecting.ruling._thread.join(30)
    detecting.ticked(0)
    assert "process events are heard only by" in capsys.readouterr().err
    assert detecting.incomplete


class Heard:
    """Process events, of which some were too many."""

    lost = 0

    def take(self) -> list[LifeRow]:
        return [LifeRow(time=START, action="exec", pid=7, exe=f"/tmp/x{self.lost}", name=f"x{self.lost}")]

    def __exit__(self, *_: object) -> None:
        pass


def test_process_events_that_were_too_many_degrade_what_is_found_from_then_on(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "id: ran\ntitle: Ran\nseverity: low\ntable: process_event\nmatch: exe contains x\n"
        "tests: {fires: [{exe: x}], silent: [{exe: y}]}\n"
    )
    detecting = Detecting(asked("", rules=[str(tmp_path)]))
    detecting.lives = heard = Heard()
    found: list[Finding] = []
    detecting.takers.append(found.append)
    detecting.ticked(START)
    heard.lost = 9
    detecting.ticked(START + SECOND)
    assert [one.reasons for one in found] == [(), ("9 process events were too many to be heard of",)]
    detecting.finish()
    assert detecting.incomplete


def test_what_the_store_knows_is_not_new(tmp_path: Path) -> None:
    detecting = Detecting(asked("new-program"))
    found: list[Finding] = []
    path = kept(tmp_path, owner(1, "/usr/bin/curl"))

    class Sink:
        def __init__(self) -> None:
            self.path = path

        def add(self, table: str, row: object) -> None: ...

        def flush(self, timeout: float | None = None) -> bool:
            return timeout is None

    detecting.keep(Keeper(Sink(), live=True), patient=False)
    detecting.takers.append(found.append)
    later = time.time_ns() - START
    for exe in ("/usr/bin/curl", "/opt/new"):
        detecting.told("open", flow(at=later / SECOND + 90_000, owner=process(exe)))
    assert [one.exe for one in found] == ["/opt/new"]


def test_what_cannot_be_is_said() -> None:
    assert names_of(asked("scan, beacon,")) == ["scan", "beacon"]
    with pytest.raises(EngineError, match="no detector is called"):
        Detecting(asked("nonsense"))
    assert losses(evicted=2, skipped=1) == (
        "2 flows were given up: the flow table was full",
        "1 damaged spots were skipped",
    )
    assert losses() == ()


def test_live_an_observation_waits_until_its_owner_is_known(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "id: asked\ntitle: Asked\nseverity: low\ntable: dns\nmatch: exe contains curl\n"
        "tests: {fires: [{exe: /usr/bin/curl}], silent: [{exe: /usr/bin/dig}]}\n"
    )
    live = {"rules": [str(tmp_path)], "command": "watch", "no_owners": False}
    query = DnsQuery(
        time=START, side=Direction.OUT, ident=1, opcode="query", query="a.test", query_type="A",
        query_class="in", size_bytes=9,
    )  # fmt: skip
    for event, waits in (("open", True), ("end", True), ("open", False)):
        detecting = Detecting(asked("", **live))
        found: list[Finding] = []
        detecting.takers.append(found.append)
        one = flow(port=53, proto=17, owner=None if waits else process())
        if waits and event == "end":
            one.owner = Glimpse(process=structs.replace(process(), exe=""), confidence=EXACT, side="src")
        detecting.observed(one, query)
        assert bool(found) is not waits
        one.owner = Owner(process=process(), confidence=EXACT, side="src")
        detecting.told(event, one)
        assert [line.exe for line in found if line.detector == "asked"] == ["/usr/bin/curl"]
    without = Detecting(asked("", **{**live, "no_owners": True}))
    told: list[Finding] = []
    without.takers.append(told.append)
    without.observed(flow(port=53, proto=17), query)
    assert without._held == {}

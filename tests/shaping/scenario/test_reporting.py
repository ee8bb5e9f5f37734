"""Reports."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from procwire.shaping.scenario.checking import Verdict
from procwire.shaping.scenario.conducting import Conductor
from procwire.shaping.scenario.plan import Check, Step
from procwire.shaping.scenario.reporting import junit, report
from tests.shaping.scenario.scenes import ETH0, SECOND, Notes, of

CHECK = Check(target=ETH0, measure="loss", low=None, high=0.1, from_ns=0, to_ns=SECOND, text='<"10%&')


def made() -> Conductor:
    notes = Notes()
    conductor = Conductor(of(Step(span_ns=SECOND)), notes, notes, now=0)
    conductor.verdicts = [Verdict(CHECK, 0, True, "1%"), Verdict(CHECK, 1, False, "90%\x01")]
    conductor.faults = ["eth0: gone"]
    return conductor


def test_json() -> None:
    told = json.loads(json.dumps(report(made(), SECOND)))
    assert told["passed"] is False
    assert [check["passed"] for check in told["checks"]] == [True, False]
    assert told["faults"] == ["eth0: gone"]


def test_junit_is_xml_whatever_stands_in_it() -> None:
    suite = ElementTree.fromstring(junit(made(), SECOND))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert [len(case) for case in suite] == [1, 0, 1]
    assert "measured 90%" in (suite[2][0].get("message") or "")

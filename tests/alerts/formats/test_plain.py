"""procwire's own JSON."""

from __future__ import annotations

import json

from hypothesis import given, settings

from procwire.alerts.formats import plain
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL


def test_says_everything_by_its_column() -> None:
    told = json.loads(plain.encode(FULL))
    assert told["schema"] == "procwire.alert/1"
    assert told["detail"] == FULL.finding.detail
    assert told["time"] == "2026-09-21T14:13:20.123456789Z"
    assert told["alerts"] == 3
    assert told["flow"]["app"] == "tls"
    assert told["complete"] == "degraded"


@settings(max_examples=60)
@given(ALERTS)
def test_reads_back(alert: Alert) -> None:
    line = plain.encode(alert)
    told = json.loads(line)
    assert b"\n" not in line
    assert told.get("detail", "") == sound(alert.finding.detail)
    assert told.get("process", "") == sound(alert.finding.process)

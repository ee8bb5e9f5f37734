"""LEEF 2.0, read back by a decoder of its own."""

from __future__ import annotations

from hypothesis import given, settings

from procwire.alerts.formats import leef
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.formats.test_fields import unescaped
from tests.alerts.samples import ALERTS, FULL

# Predefined attributes of the guide (version 2, table "Pre-defined event attributes") that are used.
PREDEFINED = {
    "cat", "devTime", "sev", "proto", "src", "dst", "srcPort", "dstPort", "srcBytes", "dstBytes",
    "srcPackets",
    "dstPackets", "usrName", "identHostName", "resource",
}  # fmt: skip


def decode(line: str) -> tuple[list[str], dict[str, str]]:
    """Header, and attributes by the delimiter that the header names."""
    head = line.split("|", 6)
    delimiter = chr(int(head[5].removeprefix("x"), 16))
    pairs = [pair.partition("=") for pair in head[6].split(delimiter)]
    return head[:6], {name: unescaped(value) for name, _, value in pairs}


@settings(max_examples=80)
@given(ALERTS)
def test_reads_back(alert: Alert) -> None:
    line = leef.encode(alert).decode()
    assert "\n" not in line
    head, found = decode(line)
    assert (head[0], head[5]) == ("LEEF:2.0", "x09")
    for key, text in (("msg", alert.finding.detail), ("process", alert.finding.process)):
        assert found.get(key, "") == sound(text)
    assert 1 <= int(found["sev"]) <= 10


def test_what_it_says() -> None:
    head, found = decode(leef.encode(FULL).decode())
    assert head == ["LEEF:2.0", "procwire", "procwire", "0.1.0", "scan", "x09"]
    assert set(found) >= PREDEFINED
    assert (found["src"], found["dstPort"], found["proto"], found["sev"]) == ("10.0.0.9", "443", "6", "8")
    assert found["devTime"] == "1790000000123"

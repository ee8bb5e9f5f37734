"""RFC 5424, read back by a decoder of its grammar (section 6)."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings

from procwire.alerts.formats import cef, syslog
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.formats.test_fields import unescaped
from tests.alerts.samples import ALERTS, FULL

HEADER = re.compile(
    r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) "
    r"([!-~]{1,32}) "
)
ELEMENT = re.compile(r'\[([!-~]{1,32})((?: [!-~]{1,32}="(?:[^"\\\]]|\\["\\\]n])*")*)\] ')
PARAM = re.compile(r' ([!-~]{1,32}?)="((?:[^"\\\]]|\\.)*)"')


def decode(line: str) -> tuple[tuple[str, ...], dict[str, str], str]:
    """Header, parameters, message."""
    head = HEADER.match(line)
    assert head
    element = ELEMENT.match(line, head.end())
    assert element, line
    assert element[1] == syslog.SD_ID
    words = {"n": "\n"}
    pairs = {
        name: re.sub(r"\\(.)", lambda one: words.get(one[1], one[1]), value)
        for name, value in PARAM.findall(element[2])
    }
    return head.groups(), pairs, line[element.end() :]


@settings(max_examples=80)
@given(ALERTS)
def test_reads_back(alert: Alert) -> None:
    line = syslog.encode(alert).decode()
    assert "\n" not in line
    _, pairs, message = decode(line)
    assert pairs.get("process", "") == sound(alert.finding.process)
    assert pairs.get("title", "") == sound(alert.finding.title)
    assert unescaped(message) == sound(alert.finding.detail)


def test_header() -> None:
    head, pairs, _ = decode(syslog.encode(FULL).decode())
    assert head == ("163", "2026-09-21T14:13:20.123456Z", "sensor1", "procwire", "-", "scan")
    assert pairs["dstName"] == "www.example.org"
    assert decode(syslog.told(FULL, 16).decode())[0][0] == "131"


def test_wraps_the_line_of_another_format() -> None:
    line = syslog.wrap(FULL, cef.encode(FULL), 16)
    assert line.startswith(b"<131>1 2026-09-21T14:13:20.123456Z sensor1 procwire - scan - CEF:0|procwire|")


def test_the_documented_rule_for_logrhythm_finds_its_fields() -> None:
    page = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    (rule,) = (line for line in page.splitlines() if line.startswith("finding@"))
    found = re.search(rule.replace("(?<", "(?P<"), syslog.encode(FULL).decode())
    assert found
    wanted = {"vmid": "scan", "severity": "high", "sip": "10.0.0.9", "dip": "192.0.2.7", "dport": "443",
              "dname": "www.example.org", "protname": "tcp", "process": "nmap"}  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted

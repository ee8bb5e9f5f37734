"""The first page says why, how whole, who and what; and does what Markdown says to nobody's words."""

from __future__ import annotations

from procwire.model.flow import Flow
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.recorder.collecting import Facts
from procwire.recorder.telling import summary


def test_the_first_page() -> None:
    facts = Facts()
    facts.count, facts.bytes, facts.first, facts.last = 5, 5000, 10**18, 10**18 + 10**9
    facts.talkers["cu*rl", "a.example"] = 5000
    facts.apps["tls"] = 5000
    reason = {"time": "T", "kind": "finding", "name": "scan", "severity": "high", "detail": "20 ports"}
    told = {
        "id": "case", "incident": {"reasons": [reason]}, "reasons": ["the disk failed"],
        "drops": {"eth0": 3, "lo": 0},
    }  # fmt: skip
    findings = [{"severity": "high", "detector": "scan", "detail": "[x](http://y)\x1b[31m"}] * 12
    page = summary(told, facts, findings)
    for words in (
        "# Incident case", "Frozen on a finding (high scan) at T: 20 ports",
        "**Not complete**: the disk failed.", "5 packets, 5.0 kB", "Kernel dropped on eth0: 3 frames",
        "- cu\\*rl with a.example: 5.0 kB", "- tls: 5.0 kB", "and 2 more in findings.ndjson",
        "procwire incident verify case",
    ):  # fmt: skip
        assert words in page
    assert "\x1b" not in page
    assert "[x](" not in page


def test_a_capture_that_is_whole() -> None:
    page = summary({"id": "x", "reasons": [], "drops": {}}, Facts(), [])
    assert "Made from capture files" in page
    assert "**Complete**" in page
    assert "Findings" not in page


def test_whose_flows_and_who_started_them() -> None:
    facts = Facts()
    flow = Flow()
    ref = ProcessRef(pid=7, start=1, name="cu*rl", exe="/bin/curl", user="a", ancestors=("sh:6", "init:1"))
    flow.owner = Owner(process=ref, confidence=EXACT)
    facts.ended(flow)
    told = {"id": "x", "reasons": [], "drops": {}}
    assert "- cu\\*rl (pid 7, a, /bin/curl), started by sh:6, init:1" in summary(told, facts, [])
    facts.called, facts.parent = (lambda _: "other"), (lambda _: "else:6")
    assert "- other (pid 7, other, other), started by else:6, else:6" in summary(told, facts, [])

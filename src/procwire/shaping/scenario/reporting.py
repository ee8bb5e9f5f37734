"""What came of a scenario, as JSON and as JUnit's XML for those who test with it. Pure."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import quoteattr

from procwire.shaping.scenario.checking import Verdict
from procwire.shaping.scenario.conducting import Conductor
from procwire.shaping.scenario.plan import called


def report(conductor: Conductor, now: int) -> dict[str, Any]:
    """For JSON."""
    return {
        "schema": "procwire.scenario/1", **conductor.status(now), "passed": conductor.passed,
        "checks": [
            {
                "target": str(verdict.check.target), "measure": verdict.check.measure,
                "wanted": verdict.check.text, "from": verdict.check.from_ns / 1e9,
                "to": verdict.check.to_ns / 1e9, "round": verdict.loop + 1, "passed": verdict.passed,
                "measured": verdict.measured, "line": verdict.check.line,
            }
            for verdict in conductor.verdicts
        ],
    }  # fmt: skip


def junit(conductor: Conductor, now: int) -> str:
    """One test case for each check of each round, and one for all that had to be done."""
    name, verdicts = conductor.scenario.name, conductor.verdicts
    failed = sum(not verdict.passed for verdict in verdicts)
    took = conductor.status(now)["elapsed"]
    head = f'tests="{len(verdicts) + 1}" failures="{failed}" errors="{int(bool(conductor.faults))}"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name={_quoted(name)} {head} time="{took:.3f}">',
    ]
    lines.append(f'  <testcase classname={_quoted(name)} name="steps" time="{took:.3f}">')
    lines += [f"    <error message={_quoted(fault)}/>" for fault in conductor.faults]
    lines.append("  </testcase>")
    for verdict in verdicts:
        lines += [f"  <testcase classname={_quoted(name)} name={_quoted(title(verdict))}>"]
        if not verdict.passed:
            lines.append(f"    <failure message={_quoted(f'measured {verdict.measured}')}/>")
        lines.append("  </testcase>")
    return "\n".join([*lines, "</testsuite>", ""])


def title(verdict: Verdict) -> str:
    """One check in words."""
    check = verdict.check
    when = f"{check.from_ns / 1e9:g} s to {check.to_ns / 1e9:g} s"
    return f"{called(check.target)}: {check.measure} {check.text} from {when}, round {verdict.loop + 1}"


def _quoted(text: str) -> str:
    """For an attribute; what XML 1.0 has no room for is replaced."""
    return quoteattr("".join(sign if sign >= " " or sign in "\t\n\r" else "\ufffd" for sign in text))

"""Egress drift: flows against a policy in force."""

from __future__ import annotations

from typing import Any

from procwire.detect.contract import SECOND
from procwire.detect.drift import Drift
from procwire.egress.policy import described
from procwire.egress.verdict import Judge
from procwire.model.rows import FlowRow
from tests.detect.made import START, flow, lived, process, program

POLICY = {
    "format": 1,
    "programs": [{"exe": "/usr/bin/curl", "sha256": "aa", "to": [{"dest": "*.example.com", "port": 443}]}],
}


def drift() -> Drift:
    made = Drift()
    made.judge = Judge(described(POLICY))
    return made


def curl(name: str = "www.example.com", port: int = 443, **more: Any) -> Any:
    return flow(port=port, owner=process(), server_name=name, **more)


def test_what_the_policy_does_not_let_pass_is_told_once() -> None:
    (found,) = lived(drift(), [curl(), curl("evil.test", number=2), curl("evil.test", number=3, at=60)])
    assert (found.target, found.port, found.exe) == ("evil.test", 443, "/usr/bin/curl")
    assert found.detail.startswith("new-destination: /usr/bin/curl went to evil.test (")
    again = [curl("evil.test"), curl("evil.test", number=2, at=90_000)]
    assert len(lived(drift(), again)) == 2


def test_each_way_to_drift_has_its_word() -> None:
    other = process(executable=program("/usr/bin/curl", sha256="bb"))
    flows = [
        curl(port=8443),
        flow(owner=process("/usr/bin/nc"), number=2),
        flow(owner=other, server_name="www.example.com", number=3),
        flow(number=4),
    ]
    found = lived(drift(), flows)
    assert [one.detail.partition(":")[0] for one in found] == [
        "new-port", "new-program", "changed-program", "new-destination",
    ]  # fmt: skip
    assert [one.severity for one in found] == ["medium", "medium", "high", "medium"]
    assert [one.complete for one in found] == ["complete"] * 3 + ["degraded"]


def test_what_it_lets_pass_and_what_is_no_egress() -> None:
    benign = [
        curl(),
        curl("cdn.example.com", number=2, dst="203.0.113.9"),
        curl("x.test", number=3, dst="224.0.0.1"),
    ]
    assert lived(drift(), benign) == []
    assert lived(Drift(), [curl("evil.test")]) == []


def test_a_flow_that_goes_on_is_judged_after_a_while() -> None:
    detector, made = drift(), curl("")
    assert list(detector.opened(FlowRow(made), made.first)) == []
    assert list(detector.ticked(START + 5 * SECOND)) == []
    made.server_name = "evil.test"  # its first bytes came
    (found,) = detector.ticked(START + 11 * SECOND)
    assert found.target == "evil.test"
    assert list(detector.ticked(START + 12 * SECOND)) == []
    assert list(detector.ended(FlowRow(made), START + 60 * SECOND)) == []

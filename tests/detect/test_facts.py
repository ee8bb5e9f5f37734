from __future__ import annotations

from procwire.detect.facts import ATTACK_OF, SEVERITY_OF, WORDS, Facts
from tests.detect.made import flow, lived


def test_a_risk_is_told_once_for_each_target() -> None:
    risky = {"risks": ("cleartext-credentials", "tls-no-server-name")}
    flows = [flow(at=at, facts=risky) for at in range(5)] + [flow("192.0.2.9", at=9, facts=risky)]
    found = lived(Facts(), flows)
    assert [one.target for one in found] == ["93.184.216.34", "192.0.2.9"]
    assert found[0].attack == ("T1040",)
    assert found[0].detail.startswith("cleartext-credentials: A password")


def test_every_risk_it_weighs_is_declared() -> None:
    assert set(SEVERITY_OF) <= set(WORDS)
    assert set(ATTACK_OF) <= set(SEVERITY_OF)


def test_a_flow_without_risks_is_none() -> None:
    assert lived(Facts(), [flow()]) == []

from __future__ import annotations

from procwire.shaping.document import impairment
from procwire.shaping.sentences import in_words, said
from procwire.shaping.spelling import effect


def test_what_is_said_leaves_nothing_to_guess() -> None:
    both = impairment({"target": "eth0", "rtt": "200ms", "loss": "3%"})
    assert said(both)[-1] == (
        "delay: 100ms one-way in egress and 100ms one-way in ingress; a round trip is 200ms longer"
    )
    assert in_words(effect({"loss": "3%", "burst": "4", "delay": "5ms", "ecn": True})) == (
        "delay 5ms loss 3% burst 4.0 ecn"
    )
    slow = {"target": "eth0", "delay": "20ms", "jitter": "5ms", "jitter-correlation": "25%"}
    assert "egress: correlated, the jitter has 77% of the spread that it says" in said(impairment(slow))
    assert "next to nothing is correlated" in said(impairment({**slow, "distribution": "normal"}))[-1]


def test_what_of_a_target_is_meant_is_said_first() -> None:
    part = impairment({"target": "eth0", "loss": "3%", "match": ["peer=10.0.0.0/8", "port=53"]})
    assert said(part)[0] == "only peer=10.0.0.0/8; or port=53"
    assert not said(impairment({"target": "eth0", "loss": "3%"}))[0].startswith("only")

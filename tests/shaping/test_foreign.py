"""Presets of tcgui, ATC, throttle and tcconfig."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.foreign import Foreign, foreign
from procwire.shaping.texts.json5 import read
from procwire.shaping.texts.located import FileError
from procwire.shaping.words import effects

TCGUI = """{
  // as tcgui writes them
  id: "poor-wifi", name: "Poor Wi-Fi",
  delay: { base_ms: 80, jitter_ms: 30, correlation: 15 },
  loss: { percentage: 8.0, correlation: 25.0 },
  reorder: { percentage: 3, gap: 2 },
  corrupt: { enabled: false, percentage: 5 },
  rate_limit: { rate_kbps: 2000 },
}"""
ATC = """{"name": "Edge", "content": {
  "up": {"rate": 200, "loss": {"percentage": 1.0, "correlation": 0}, "delay": {"delay": 440}},
  "down": {"rate": 240, "delay": {"delay": 400, "jitter": 10}, "corruption": {"percentage": 0.5}, "reorder":
    {"percentage": 1}, "iptables_options": []}}}"""
TCCONFIG = """{"eth0": {"outgoing": {"protocol=ip": {"delay": "10.0ms", "delay-distro": "2.0ms",
  "rate": "250Kbps", "loss": "0.1%"}, "dst-network=10.0.0.0/8, protocol=ip": {"rate": "1Mbps"}},
  "incoming": {"protocol=ip": {"reordering": "1%", "delay": "5ms"}}}}"""


def told(text: str, *, effective: bool = False) -> list[Foreign]:
    found = foreign(read(text, "f"), effective=effective)
    for each in found:
        assert effects(each.words)
    return found


def test_tcgui_with_what_its_loss_really_is() -> None:
    (wifi,) = told(TCGUI)
    assert wifi.words == {
        "egress-delay": "80ms", "egress-jitter": "30ms",
        "egress-jitter-correlation": "15%", "egress-loss": "8%",
        "egress-reorder": "3% gap=2", "egress-rate": "2000kbit",
    }  # fmt: skip
    (note,) = wifi.notes
    assert "0.91" in note
    assert "not 8%" in note
    (real,) = told(TCGUI, effective=True)
    assert 0.8 < float(str(real.words["egress-loss"]).rstrip("%")) < 1.0


def test_atc_has_both_directions() -> None:
    (edge,) = told(ATC)
    assert edge.words == {
        "egress-rate": "200kbit", "egress-delay": "440ms", "egress-loss": "1%",
        "ingress-rate": "240kbit",
        "ingress-delay": "400ms", "ingress-jitter": "10ms",
        "ingress-corrupt": "0.5%", "ingress-reorder": "1%",
    }  # fmt: skip
    assert edge.preset_name == "edge"


def test_throttle_has_one_or_many() -> None:
    (one,) = told('{"up": 330, "down": 780, "rtt": 200}')
    assert one.words == {"egress-rate": "330kbit", "ingress-rate": "780kbit", "rtt": "200ms"}
    many = told("{'3g': {up: 768, down: 1600, rtt: 150}, lossy: {up: 1, down: 1, packetLoss: 3}}")
    assert [each.name for each in many] == ["3g", "lossy"]
    assert many[1].words["loss"] == "3%"


def test_tcconfig_by_interface_and_selector() -> None:
    plain, chosen = told(TCCONFIG)
    assert plain.words == {
        "egress-delay": "10.0ms", "egress-jitter": "2.0ms", "egress-loss": "0.1%", "egress-rate": "250kbit",
        "ingress-delay": "5ms", "ingress-reorder": "1%",
    }  # fmt: skip
    assert chosen.words == {"egress-rate": "1mbit"}
    assert "--match" in chosen.notes[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("{\n'x': 1}", 1),
        ("{id: 'a',\n loss: {\n percentage: -1}}", 3),
        ("{id: 'a',\n loss: {percentage: 'many'}}", 2),
        ("[{id: 'a'},\n {name: 'b'}]", 2),
        ("{eth0: {outgoing: {x:\n {rate: 'fast'}}}}", 2),
    ],
)
def test_faults_have_lines(text: str, line: int) -> None:
    with pytest.raises(FileError) as wrong:
        foreign(read(text, "f"))
    assert wrong.value.line == line


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.floats() | st.sampled_from(["3%", "1ms", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["id", "up", "down", "loss", "delay", "percentage", "correlation", "rate", "presets",
         "content", "outgoing",
         "rtt", "reorder", "gap", "base_ms", "enabled"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_nothing_else_is_raised(value: object) -> None:
    found: list[Foreign] = []
    with contextlib.suppress(FileError):
        found = foreign(read(json.dumps(value), "f"))
    assert all(isinstance(each, Foreign) for each in found)

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.document import document, impairment
from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import Impairment
from procwire.shaping.target import target
from tests.shaping.strategies import impairments

TEXT = """
target = "container:web"
rtt = "200ms"
loss = "3%"
burst = 4
match = ["peer=10.0.0.0/8 port=443", "protocol=icmp"]
exempt = "192.0.2.1"
seed = 7
labels = { who = "me" }
[ingress]
rate = "10mbit"
"""


@given(impairments())
def test_an_impairment_comes_back_from_json(wanted: Impairment) -> None:
    told = json.loads(json.dumps(document(wanted)))
    assert impairment(told) == wanted


def test_a_document_in_toml() -> None:
    made = impairment(tomllib.loads(TEXT))
    assert str(made.target) == "container:web"
    assert made.round_trip_ns == 200_000_000
    assert [str(each) for each in made.selectors] == ["peer=10.0.0.0/8 port=443", "protocol=icmp"]
    assert made.labels == (("who", "me"),)
    assert made.ingress is not None
    assert made.ingress.rate is not None


def test_a_preset_has_no_target() -> None:
    assert impairment({"loss": "1%"}, target("eth0")).target == target("eth0")
    with pytest.raises(InvalidError, match="target"):
        impairment({"loss": "1%"})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"target": "eth0"}, "effect"),
        ({"target": "eth0", "lose": "1%"}, "lose: is not known"),
        ({"target": 5, "loss": "1%"}, "target: must be given as text"),
        ({"target": "eth0", "loss": ["1%"]}, "loss: must be text"),
        ({"target": "eth0", "egress": "1%"}, "egress: must be a table"),
        ({"target": "eth0", "loss": "1%", "direction": "up"}, "direction: must be one of"),
        ({"target": "eth0", "loss": "1%", "match": 5}, "match: must be a list"),
        ({"target": "eth0", "loss": "1%", "match": ["port=1"] * 65}, "match: at most 64"),
        ({"target": "eth0", "loss": "1%", "labels": {"a": 1}}, "labels: must be texts"),
        ({"target": "eth0", "loss": "1%", "seed": "x"}, "seed: must be a whole number"),
        ({5: 5}, "5: is not known"),
    ],
)
def test_what_is_wrong_is_told(given: dict[Any, Any], says: str) -> None:
    if says == "effect":
        assert impairment(given).effects["egress"].is_nothing
        return
    with pytest.raises(InvalidError) as raised:
        impairment(given)
    assert str(raised.value).startswith(says)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["target", "loss", "egress", "match", "seed", "direction", "x"]), plain)
)
def test_junk_raises_nothing_else(given: dict[str, Any]) -> None:
    try:
        assert impairment(given).effects
    except InvalidError as wrong:
        told = wrong
        assert told.reason

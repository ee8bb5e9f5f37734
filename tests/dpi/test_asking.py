"""Whom to ask about a flow, and what they are told."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.asking import Asking
from procwire.dpi.expected import expectations
from procwire.dpi.opening import Limits
from procwire.dpi.reading import Reading
from procwire.dpi.registry import registry
from procwire.model.observation import Announced
from procwire.model.streams import Direction
from tests.dpi.flows import flow


def asking(**said: Any) -> Any:
    made: Any = Asking(registry(), Limits(), True, False)
    if said:
        one = Announced(time=1, side=Direction.IN, transport="tcp", port=5000, **said)
        for wanted in expectations(flow(dport=21), one):
            made.expected.add(1, wanted)
    return made


def test_a_transport_that_nobody_reads() -> None:
    assert asking().begin(flow(proto=89), 5) is None


def test_an_announced_protocol_is_asked_first_and_told_so() -> None:
    made, data = asking(app="ftp_data", note="LIST"), flow(dport=5000)
    state = made.begin(data, 5)
    context = made.context(data, state)
    assert (context.announced, context.note) == ("ftp_data", "LIST")
    assert data.facts["announced_by"] == flow(dport=21).flow_id
    assert made.order(data, state, 0x2D)[0].name == "ftp_data"
    assert made.opening(data, state).context == context


def test_nobody_else_is_asked_what_only_follows() -> None:
    made, data = asking(), flow(dport=5000)
    state = made.begin(data, 5)
    assert made.context(data, state).announced == ""
    assert "ftp_data" not in {one.name for byte in range(256) for one in made.order(data, state, byte)}


def test_an_unknown_name_is_told_and_asks_nobody() -> None:
    made, data = asking(app="msrp"), flow(dport=5000)
    state = made.begin(data, 5)
    assert made.context(data, state).announced == "msrp"
    assert made.order(data, state, 0x2D) == asking().order(data, Reading(None, False), 0x2D)


def test_within_a_stream_the_stream_around_it_speaks() -> None:
    made, data = asking(app="ftp_data"), flow(dport=5000)
    state = made.begin(data, 5)
    state.depth, state.said = 1, "http"
    assert made.context(data, state).announced == "http"


def test_a_port_is_guessed_from() -> None:
    assert asking().guess(flow(dport=22), None) == ("ssh", "port-guess")


@pytest.mark.parametrize(
    ("dst", "group"),
    [("224.0.0.251", True), ("255.255.255.255", True), ("ff02::fb", True), ("192.0.2.255", False),
     ("223.255.255.255", False), ("fe80::1", False)],
)  # fmt: skip
def test_what_is_sent_to_many_is_known_as_that(dst: str, group: bool) -> None:
    made, one = asking(), flow(17, dport=5353, dst=dst)
    one.family = 6 if ":" in dst else 4
    assert made.context(one, Reading(None, True)).group == group
    stream = flow(6, dst=dst)
    assert not made.context(stream, Reading(None, False)).group

"""The terminal by typed words."""

from __future__ import annotations

import pytest

from procwire.tui.plain import WORDS, Plain
from tests.tui.fake import FakeHost, Recorded


def said(*lines: str, host: FakeHost | None = None) -> str:
    waiting = iter(lines)
    out: list[str] = []

    def read(_: str) -> str:
        try:
            return next(waiting)
        except StopIteration:
            raise EOFError from None

    assert Plain(host or FakeHost(), read, out.append).run() == 0
    return "\n".join(out)


def test_it_begins_with_what_was_seen_and_lost() -> None:
    text = said()
    assert "48 flows open, 60 in all" in text
    assert "Lost: nothing." in text
    assert "1. group sshd, flows 9" in text


def test_rows_are_numbered_and_unknown_values_left_out() -> None:
    text = said('flows not (process ~ ".")')
    assert "1. app " in text
    assert "process" not in text.split("type help", 1)[-1].split("in all.")[1]


def test_more_goes_on_and_open_tells_all() -> None:
    text = said("flows", "more", "open 1")
    assert "50 more" in text
    assert "40 more" in text
    assert "owner_confidence: " in text


def test_a_group_opens_into_its_flows() -> None:
    assert "9 in all." in said("groups process", "open 1")


def test_a_conversation_is_read_out() -> None:
    assert "GET / HTTP/1.1" in said("flows", "follow 2")


def test_records_have_their_latency() -> None:
    assert "p50 30 ms" in said("rows_of http")


def test_a_query_is_answered() -> None:
    assert "8 rows." in said("sql select * from flow")


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("nonsense", "not understood"),
        ("o", "open or order_by"),
        ("flows proces == x", "did you mean"),
        ("open 99", "the rows 1 to"),
        ("groups colour", "groups are by"),
        ("rows_of nothing", "there is no table"),
        ("order_by nothing", "is not a column"),
        ("earlier", "cannot be wound back"),
    ],
)
def test_what_is_wrong_is_said_and_goes_on(line: str, answer: str) -> None:
    text = said(line, "doctor")
    assert answer in text
    assert "7 in all." in text


def test_a_recording_is_wound() -> None:
    text = said("earlier", "earlier", host=Recorded())
    counts = [line for line in text.splitlines() if "flows open, " in line]
    assert len(counts) == 3


def test_every_word_is_in_the_help_and_quit_ends() -> None:
    text = said("help", "quit", "doctor")
    assert all(f"\n{word} " in text for word in WORDS)
    assert "7 in all." not in text


def test_findings_are_acknowledged_with_what_names_their_alert() -> None:
    host = FakeHost()
    text = said("findings", "ack 1", "suppress 2", host=host)
    assert "acknowledged" in text
    assert [order for order, _ in host.orders] == ["acknowledge", "suppress"]
    assert {"title", "exe", "port", "detector"} <= set(host.orders[0][1])


def test_networks_are_shaped_and_put_back() -> None:
    host = FakeHost()
    said("shape eth0 --loss 3%", "shape eth0 --loss 3% --confirm 5m", "keep a1", "put a1", host=host)
    said("freeze", "disarm", "arm", host=host)
    assert [subject.get("words") or subject.get("id") for _, subject in host.orders] == [
        ["eth0", "--loss", "3%", "--confirm", "1m"], ["eth0", "--loss", "3%", "--confirm", "5m"],
        "a1", "a1", None, None, None,
    ]  # fmt: skip
    assert [order for order, _ in host.orders][-3:] == ["freeze", "disarm", "arm"]
    assert "closing quotation" in said("shape 'eth0")


def test_a_packet_is_read_out_and_a_scenario_played() -> None:
    host = FakeHost()
    text = said("rows_of packet", "packet 2", "rows_of scenario", "play 1", host=host)
    assert "ttl, byte 22: 64" in text
    assert host.orders[0][1]["path"].endswith(".toml")


def test_processes_with_who_started_them() -> None:
    text = said("processes process == sshd")
    assert "1. process sshd, pid " in text
    assert "no processes are told of here" in said("processes", host=Recorded())

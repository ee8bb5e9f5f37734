"""Source engine: queries and answers."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import source_engine
from tests.dpi.said import IN, OUT, SECOND, asks, refuses, said
from tests.dpi.talking import rows

ONES = source_engine.ONES
QUERY = ONES + b"T" + source_engine.QUERY
INFO = ONES + b"I\x11My server\0de_dust\0csgo\0Counter-Strike\0\xda\2\x07\x18\0dl\0\1"


def test_question_challenge_and_answer() -> None:
    seen = said(
        source_engine,
        (OUT, QUERY),
        (IN, ONES + b"Aabcd"),
        (OUT, QUERY + b"abcd"),
        (IN, INFO),
        transport="udp",
    )
    assert [(one.message, one.kind) for one in seen] == [
        ("request", "info"), ("response", "challenge"), ("request", "info"), ("response",
        "info")]  # fmt: skip
    assert (seen[3].server, seen[3].map, seen[3].game, seen[3].players) == (
        "My server",
        "de_dust",
        "Counter-Strike",
        7,
    )
    assert [one.latency for one in seen] == [None, SECOND, None, SECOND]
    assert seen[3].max_players == 24


def test_real_client() -> None:
    seen = rows("source_engine/session", "source_engine")
    assert [one["kind"] for one in seen[::2]] == [one["kind"] for one in seen if one["message"] == "request"]
    assert {one["kind"] for one in seen} == {"info", "players", "rules", "challenge"}
    assert all("latency" in one for one in seen if one["message"] == "response")


def test_claims() -> None:
    for data in (QUERY, QUERY + b"abcd", INFO):
        assert asks(source_engine, data, transport="udp", hinted=False) is Claim.YES
    assert asks(source_engine, ONES + b"Uabcd", transport="udp") is Claim.YES
    assert asks(source_engine, ONES + b"Uabcd", transport="udp", hinted=False) is Claim.NO
    for wrong in (
        ONES,
        ONES + b"Tnothing of the kind",
        b"\xff\xff\xff\xfeT" + source_engine.QUERY,
        ONES + b"Zabcd",
    ):
        assert asks(source_engine, wrong, transport="udp") is Claim.NO


@pytest.mark.parametrize("wrong", [b"abcdefghij", ONES + b"Zabcd", ONES + b"I\x11cut"])
def test_nonsense_is_refused(wrong: bytes) -> None:
    assert refuses(source_engine, (OUT, wrong), transport="udp")

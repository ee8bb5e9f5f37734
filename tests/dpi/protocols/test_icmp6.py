"""ICMPv6: three kinds of records."""

from __future__ import annotations

from typing import Any

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.protocols.icmp6 import Parser, claims

CONTEXT = Context(transport="icmp6")
TARGET = bytes.fromhex("20010db8000000000000000000000009")
ASK = bytes.fromhex("8700000000000000") + TARGET
ANSWER = bytes.fromhex("8800000060000000") + TARGET


def one(data: bytes, side: Direction = Direction.OUT) -> Any:
    (seen,) = Parser(CONTEXT).feed(side, data, now=1)
    return seen


def test_claims() -> None:
    assert claims(ASK, Direction.OUT, CONTEXT) is Claim.YES
    assert claims(ASK, Direction.OUT, Context(transport="icmp")) is Claim.NO


def test_each_kind_has_its_table() -> None:
    listener = bytes.fromhex("8200000003e80000") + bytes(16)
    tables = [one(data).TABLE for data in (ASK, bytes.fromhex("8000000000010001"), listener)]
    assert tables == ["ndp", "icmp", "igmp"]


def test_direct_question_and_answer_have_a_latency() -> None:
    parser = Parser(CONTEXT)
    list(parser.feed(Direction.OUT, ASK, now=10))
    (answer,) = parser.feed(Direction.IN, ANSWER, now=35)
    assert answer.latency == 25  # type: ignore[attr-defined]


def test_listener_messages() -> None:
    general = one(bytes.fromhex("8200000003e80000") + bytes(16))
    assert (general.message, general.version, general.group, general.response_time) == (
        "query",
        "mld1",
        "",
        10**9,
    )
    group = bytes.fromhex("ff020000000000000000000000000016")
    query = one(bytes.fromhex("8200000003e80000") + group + bytes.fromhex("027d0001") + TARGET)
    assert (query.version, query.sources) == ("mld2", ("2001:db8::9",))
    report = one(bytes.fromhex("8f00000000000001") + bytes.fromhex("04000000") + group)
    assert (report.message, report.groups) == ("report", ("ff02::16 to-exclude",))
    assert one(bytes.fromhex("8300000000000000") + group[:4]).faults == ("incomplete",)

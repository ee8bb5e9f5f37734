"""IGMP in its three versions."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.dpi.contract import Claim, Context, Direction, ProtocolError
from procwire.dpi.protocols.igmp import Parser, claims

CONTEXT = Context(transport="igmp")


def one(data: str) -> Any:
    (seen,) = Parser(CONTEXT).feed(Direction.OUT, bytes.fromhex(data), now=1)
    return seen


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("1100eeff00000000", ("query", "igmp1", "", 0)),
        ("1164ee9b00000000", ("query", "igmp2", "", 10 * 10**9)),
        ("11c0ee9b00000000000a0000", ("query", "igmp3", "", 2048 * 10**8)),
        ("1200fdfdef010203", ("report", "igmp1", "239.1.2.3", None)),
        ("1600f8fdef010203", ("report", "igmp2", "239.1.2.3", None)),
        ("1700f7fdef010203", ("leave", "igmp2", "239.1.2.3", None)),
    ],
)
def test_messages(data: str, said: tuple[str, str, str, int | None]) -> None:
    seen = one(data)
    assert (seen.message, seen.version, seen.group, seen.response_time) == said


def test_query_for_sources() -> None:
    assert one("1164ee9bef010203007d0001c0000201").sources == ("192.0.2.1",)


def test_other_messages_are_refused() -> None:
    assert claims(bytes.fromhex("1300000000000000"), Direction.OUT, CONTEXT) is Claim.NO
    with pytest.raises(ProtocolError):
        one("1300000000000000")

"""ESP: the associations of two real kernels; each is told of once."""

from __future__ import annotations

from procwire.dpi.contract import ENOUGH, Claim, Context, Direction
from procwire.dpi.protocols.esp import MAX_ASSOCIATIONS, Parser, claims
from tests.dpi.talking import apps, rows

CONTEXT = Context(transport="esp")


def packet(spi: int, sequence: int = 1) -> bytes:
    return spi.to_bytes(4, "big") + sequence.to_bytes(4, "big") + bytes(32)


def test_two_kernels_with_a_rekeying() -> None:
    told = rows("esp/session", "esp")
    assert [(one["side"], one["sequence"]) for one in told] == [("out", 1), ("in", 1)] * 2
    assert len({one["spi"] for one in told}) == 4
    (flow,) = rows("esp/session", "flow", proto="esp")
    assert (flow["app"], flow["app_confidence"], flow["packets"]) == ("esp", "content", 8)


def test_the_key_exchange_beside_it() -> None:
    assert apps("esp/session") == {("ike", "content")}
    asked = rows("esp/session", "ike", message="request")
    assert [one["exchange"] for one in asked] == [
        "ike-sa-init", "ike-auth", "create-child-sa", "informational", "informational"]  # fmt: skip
    assert asked[0]["transforms"] == ["aes-cbc-128", "hmac-sha256-128", "prf-sha256", "modp2048"]


def test_each_association_once() -> None:
    parser = Parser(CONTEXT)
    steps = [(0, 0x1001, 5), (0, 0x1001, 6), (1, 0x1001, 1), (0, 0x1002, 1)]
    seen = [
        one for side, spi, number in steps for one in parser.feed(Direction(side), packet(spi, number), now=1)
    ]
    told = [(int(one.side), one.spi, one.sequence) for one in seen]  # type: ignore[attr-defined]
    assert told == [(0, "00001001", 5), (1, "00001001", 1), (0, "00001002", 1)]


def test_associations_are_bounded() -> None:
    parser = Parser(CONTEXT)
    for spi in range(1000, 1000 + MAX_ASSOCIATIONS):
        assert parser.skip(Direction.OUT) == 0
        list(parser.feed(Direction.OUT, packet(spi), now=1))
    assert parser.skip(Direction.OUT) == ENOUGH


def test_reserved_indexes_are_not_claimed() -> None:
    assert claims(packet(256), Direction.OUT, CONTEXT) is Claim.YES
    assert claims(packet(255), Direction.OUT, CONTEXT) is Claim.NO
    assert claims(packet(256)[:7], Direction.OUT, CONTEXT) is Claim.NO

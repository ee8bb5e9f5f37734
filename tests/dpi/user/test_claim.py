from __future__ import annotations

from procwire.dpi.contract import Claim, Context, Direction
from procwire.dpi.user.claim import Claimer, first_bytes, shape
from procwire.dpi.user.schema import Match, described
from tests.dpi.user.example import values

TCP, UDP = Context(transport="tcp"), Context(transport="udp")
OUT, IN = Direction.OUT, Direction.IN


def matches(*given: dict[str, object]) -> tuple[Match, ...]:
    return described(values(match=list(given))).matches


def test_fixed_bytes_at_their_place_and_side() -> None:
    claims = Claimer(matches({"hex": "aabb", "at": 2, "side": "client"}))
    assert claims(b"..\xaa", OUT, TCP) is Claim.MORE
    assert claims(b"..\xaa\xbb", OUT, TCP) is Claim.YES
    assert claims(b"..\xaa\xbc", OUT, TCP) is Claim.NO
    assert claims(b"..\xaa\xbb", IN, TCP) is Claim.NO
    assert claims(b"..\xaa", OUT, UDP) is Claim.NO


def test_any_of_several_is_enough() -> None:
    claims = Claimer(matches({"text": "AB"}, {"text": "CD", "at": 1}))
    assert claims(b"AB", OUT, TCP) is Claim.YES
    assert claims(b"xCD", IN, TCP) is Claim.YES
    assert claims(b"x", IN, TCP) is Claim.MORE


def test_an_expression_is_not_taken_back_and_ends_with_the_window() -> None:
    claims = Claimer(matches({"regex": "AB(?:cd)*c"}))
    assert claims(b"ABcdc", OUT, TCP) is Claim.YES
    assert claims(b"ABcdcd", OUT, TCP) is Claim.YES
    assert claims(b"ABcdcd", OUT, UDP) is Claim.NO
    assert claims(b"ABx", OUT, TCP) is Claim.MORE
    assert claims(b"ABx" * 100, OUT, TCP) is Claim.NO


def test_first_bytes_are_known_where_all_start_at_the_start() -> None:
    assert first_bytes(matches({"text": "xy"}, {"regex": "ab[0-9]"})) == b"ax"
    assert first_bytes(matches({"text": "xy"}, {"text": "ab", "at": 1})) is None


def test_the_shape_names_the_first_bytes_of_each() -> None:
    starts = shape(matches({"text": "xyz12"}, {"hex": "0102", "at": 9})).starts
    assert starts == ({0: b"x", 1: b"y", 2: b"z", 3: b"1"}, {9: b"\1", 10: b"\2"})

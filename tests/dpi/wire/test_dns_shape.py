"""Names and types that tunnels use, and those that they do not."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Context, Direction
from procwire.dpi.protocols.dns import Parser
from procwire.dpi.wire.dns_shape import TEXTS, TunnelCount, entropy, long_label, random_name
from tests.dpi.samples import query

BASE32 = "mzxw6ytboi4dqnzwgu2dgmrrga3tsobqnbsw43dpebzw63lf"


@pytest.mark.parametrize(
    ("name", "long", "odd"),
    [
        ("www.example.com", False, False),
        ("a-very-long-name-made-of-plain-words.example.com", False, False),
        (f"{BASE32}.t.example.com", False, True),
        (f"{BASE32}abcdef.example.com", True, True),
        (f"{'a' * 60}.example.com", True, False),
        ("0123456789abcdef" * 2 + ".example.com", False, True),
    ],
)
def test_shape_of_a_name(name: str, long: bool, odd: bool) -> None:
    assert (long_label(name), random_name(name)) == (long, odd)


def test_entropy() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abcdabcd") == pytest.approx(2)


def test_types_that_tunnels_ask_for() -> None:
    count = TunnelCount()
    assert [count.see(kind) for kind in (1, 28, 16, 65399, 10)] == [False, False, False, True, True]
    assert [count.see(16) for _ in range(TEXTS - 1)] == [False] * (TEXTS - 2) + [True]


def test_query_states_its_risks() -> None:
    parser = Parser(Context(transport="udp", src_port=40000, dst_port=53))
    (plain,) = parser.feed(Direction.OUT, query(), now=1)
    (odd,) = parser.feed(Direction.OUT, query(f"{BASE32}.example.com", 10), now=2)
    said = [{field for field in one.RISKS if getattr(one, field)} for one in (plain, odd)]
    assert said == [set(), {"random_name", "tunnel_record"}]

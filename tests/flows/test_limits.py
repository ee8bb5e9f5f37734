"""Limits and the lists that they time."""

from __future__ import annotations

import pytest

from procwire.flows import bits
from procwire.flows.limits import SECOND, Counts, Limits


def test_the_timeouts_stand_in_the_order_of_the_lists() -> None:
    names = Limits.__struct_fields__[1 : 1 + bits.KINDS]
    assert names == (
        "tcp_half_open",
        "tcp_open",
        "tcp_one_way",
        "tcp_half_closed",
        "tcp_linger",
        "udp",
        "icmp",
        "other",
    )
    assert [getattr(bits, name.removeprefix("tcp_").upper()) for name in names] == list(range(bits.KINDS))


@pytest.mark.parametrize("name", Limits.__struct_fields__)
def test_every_limit_can_be_set_and_must_be_positive(name: str) -> None:
    assert getattr(Limits(**{name: 5}), name) == 5
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})


def test_a_session_kept_alive_every_two_hours_stays_one_flow() -> None:
    assert Limits().tcp_open > 7200 * SECOND
    assert Counts().ended == {}

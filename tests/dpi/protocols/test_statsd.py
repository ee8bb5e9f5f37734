"""StatsD: datagrams of metrics."""

from __future__ import annotations

import pytest

from procwire.dpi.contract import Claim
from procwire.dpi.protocols import statsd
from tests.dpi.said import OUT, asks, refuses, said

DATAGRAM = b"shop.carts:1|c|@0.1\nshop.time:320|ms\nqueue:-3|g\nusers:ann|s|#env:prod,zone:eu\n"


def test_names_and_types() -> None:
    (seen,) = said(statsd, (OUT, DATAGRAM), transport="udp")
    assert seen.names == ("shop.carts", "shop.time", "queue", "users")
    assert (seen.types, seen.count) == (("counter", "timer", "gauge", "set"), 4)
    assert "320" not in repr(seen)


def test_many_metrics_are_counted_and_the_first_shown() -> None:
    (seen,) = said(
        statsd, (OUT, b"\n".join(b"m%d:1:2:3|d" % number for number in range(40))), transport="udp"
    )
    assert (len(seen.names), seen.count) == (statsd.MAX_NAMES, 40)


@pytest.mark.parametrize(
    "wrong", [b"a:1|x", b"a:1|c\nplain text", b"M-SEARCH * HTTP/1.1\r\n", b"<13>a: b|c", b"a|c", b":1|c"]
)
def test_others_are_not_claimed(wrong: bytes) -> None:
    assert asks(statsd, wrong, transport="udp") is Claim.NO
    assert refuses(statsd, (OUT, wrong), transport="udp")
    assert asks(statsd, DATAGRAM, transport="udp", hinted=False) is Claim.YES

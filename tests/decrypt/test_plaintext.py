"""What is said inside is read by the same parsers."""

from __future__ import annotations

from procwire.decrypt.plaintext import Inside
from procwire.dpi.contract import Context
from procwire.dpi.registry import registry
from procwire.dpi.wire.http_records import HttpRequest, HttpResponse
from procwire.model.observation import Carried
from tests.decrypt.dialogue import IN, OUT

GET = b"GET /a HTTP/1.1\r\nHost: inside.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def inside() -> Inside:
    return Inside(Context(transport="tcp", src_port=40000, dst_port=443), registry())


def test_it_is_named_once_and_observed() -> None:
    one = inside()
    first = one.feed(OUT, GET[:10], 1) + one.feed(OUT, GET[10:], 2)
    rest = one.feed(IN, OK, 3) + one.finish(4)
    carried = [seen for seen in first + rest if isinstance(seen, Carried)]
    assert [(seen.app, seen.inside) for seen in carried] == [("http", "")]
    assert one.app == "http"
    assert [seen.status for seen in rest if isinstance(seen, HttpResponse)] == [200]


def test_what_nobody_knows_stays_unknown() -> None:
    one = inside()
    assert one.feed(OUT, b"\xfe" * 9000, 1) == []
    assert one.feed(IN, b"\xfd" * 9000, 2) == []
    assert one.app == "unknown"
    assert one.sated


def test_a_gap_does_not_end_it() -> None:
    one = inside()
    one.feed(OUT, GET, 1)
    one.feed(IN, OK[:-2], 2)
    one.gap(IN, 2, 3)
    found = one.feed(OUT, GET, 4)
    assert any(isinstance(seen, HttpRequest) for seen in found)

"""Which bodies are kept for DNS, and what comes out of them."""

from __future__ import annotations

import base64

import pytest

from procwire.dpi.wire.dns_bodies import MAX_MESSAGE, MAX_OPEN, MEDIA_TYPE, DnsBodies

HEAD = {b"content-type": MEDIA_TYPE}


def test_a_body_in_pieces_is_one_message() -> None:
    bodies = DnsBodies()
    assert bodies.begin((0, 1), {b"content-type": b"Application/DNS-Message; x=y"})
    assert not list(bodies.add((0, 1), b"some ", 1, ended=False))
    (found,) = bodies.add((0, 1), b"bytes", 2, ended=True)
    assert (found.hint, found.data, found.time, found.side) == ("dns", b"some bytes", 2, 0)
    assert not bodies.wants((0, 1))


@pytest.mark.parametrize(
    "fields", [{}, {b"content-type": b"text/html"}, HEAD | {b"content-encoding": b"gzip"}]
)
def test_other_bodies_are_not_wanted(fields: dict[bytes, bytes]) -> None:
    bodies = DnsBodies()
    assert not bodies.begin((0, 1), fields)
    assert not list(bodies.add((0, 1), b"x", 1, ended=True))


def test_long_bodies_and_many_are_given_up() -> None:
    bodies = DnsBodies()
    bodies.begin((0, 1), HEAD)
    assert not list(bodies.add((0, 1), bytes(MAX_MESSAGE + 1), 1, ended=True))
    for stream in range(MAX_OPEN + 5):
        bodies.begin((0, stream), HEAD)
    assert bodies.streams(0) == set(range(5, MAX_OPEN + 5))
    bodies.drop((0, 7))
    assert not bodies.wants((0, 7))


def test_the_query_of_a_get_stands_in_its_target() -> None:
    message = bytes(range(40))
    coded = base64.urlsafe_b64encode(message).rstrip(b"=")
    bodies = DnsBodies()
    (found,) = bodies.asked(0, b"GET", b"/dns-query?x=1&dns=" + coded, 1)
    assert found.data == message
    for method, path in (
        (b"POST", b"/?dns=" + coded),
        (b"GET", b"/"),
        (b"GET", b"/?dns=!!!!!!!!!!!!!!!!!!!!"),
    ):
        assert not list(bodies.asked(0, method, path, 1))

"""Bodies out of their codings, within their bounds."""

from __future__ import annotations

import gzip

from procwire.decrypt.bodies import MAX_BODY_BYTES, MAX_CODED_BYTES, Body


def test_a_body_without_coding_is_shown_as_it_comes() -> None:
    body = Body("identity")
    assert (body.add(b"one"), body.add(b"two"), body.end()) == (b"one", b"two", b"")


def test_a_coded_body_is_shown_when_it_has_ended() -> None:
    body, coded = Body("gzip"), gzip.compress(b"what is said" * 100)
    assert (body.add(coded[:10]), body.add(coded[10:])) == (b"", b"")
    assert body.end() == b"[gzip: %d bytes, unfolded to 1200]\n" % len(coded) + b"what is said" * 100
    assert body.end() == b""


def test_a_bomb_is_cut_at_the_limit() -> None:
    body, bomb = Body("gzip"), gzip.compress(bytes(200 * MAX_BODY_BYTES))
    assert len(bomb) < MAX_CODED_BYTES
    assert not body.add(bomb)
    note, _, out = body.end().partition(b"\n")
    assert note == b"[gzip: %d bytes, cut at %d bytes]" % (len(bomb), MAX_BODY_BYTES)
    assert len(out) == MAX_BODY_BYTES


def test_what_cannot_be_undone_is_shown_as_it_was() -> None:
    body = Body("rot13\x1b")
    body.add(b"bytes")
    assert body.end() == b"[rot13\x1b: 5 bytes, coding 'rot13\\x1b' is not known]\nbytes"
    long = Body("br")
    shown = long.add(bytes(MAX_CODED_BYTES + 1))
    assert shown.endswith(bytes(MAX_CODED_BYTES + 1))
    assert long.add(b"more") == b"more"
    assert long.end() == b""

"""Content that waited is content, with a time of its own."""

from __future__ import annotations

from procwire.decrypt.late import late, sent_at


def test_what_waited_knows_when_it_was_sent() -> None:
    content = (0, 23, b"said")
    waited = late(content, 7)
    assert waited == content
    side, kind, data = waited
    assert (side, kind, data) == content
    assert (sent_at(waited, 9), sent_at(content, 9)) == (7, 9)

"""However a stream is cut, its messages are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.api.framing import Frames
from procwire.api.messages import MessageError


@given(bodies=st.lists(st.binary(max_size=40), max_size=5), cuts=st.lists(st.integers(1, 7), min_size=1))
def test_cuts_do_not_matter(bodies: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(len(body).to_bytes(4, "little") + body for body in bodies)
    frames, found, at = Frames(100), [], 0
    for number in range(len(stream)):
        step = cuts[number % len(cuts)]
        found += list(frames.feed(stream[at : at + step]))
        at += step
    assert found == bodies


def test_what_is_too_long_is_refused_before_it_is_held() -> None:
    frames = Frames(100)
    assert list(frames.feed(b"\x01\0\0\0a\x65")) == [b"a"]
    with pytest.raises(MessageError, match="a message of 101 bytes is announced, 100 at most"):
        list(frames.feed(b"\0\0\0"))

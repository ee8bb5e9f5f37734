from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import actions
from procwire.shaping.codec.actions import Gact, Mirred, OtherAction
from procwire.shaping.codec.attributes import CodecError, attribute, nest, text
from tests.shaping.codec.hostile import damaged, is_borne

known = st.one_of(
    st.builds(Mirred, st.integers(0, 2**31 - 1), st.sampled_from((1, 3))), st.builds(Gact, st.integers(0, 4))
)


@given(st.lists(known, max_size=5).map(tuple))
def test_actions_come_back(wanted: tuple[actions.Action, ...]) -> None:
    sent = actions.encode(7, wanted)
    assert actions.decode(sent[4:] if sent else None) == wanted


def test_what_is_not_known_is_seen_and_not_written() -> None:
    other = nest(1, text(1, "police"), attribute(2, b""))
    assert actions.decode(other) == (OtherAction("police"),)
    with pytest.raises(CodecError, match="police"):
        actions.encode(7, (OtherAction("police"),))
    with pytest.raises(CodecError, match="at most"):
        actions.encode(7, (Gact(),) * 33)


@given(damaged(actions.encode(7, (Mirred(3), Gact()))[4:]))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(actions.decode, data)

"""Bound interfaces and called operations of DCE/RPC fragments, whole and cut."""

from __future__ import annotations

import struct

from procwire.dpi.wire.rpc_binding import MAX_CONTEXTS, asked, bound, order_of, remember
from tests.dpi.protocols.test_dcerpc import bind, fragment


def test_bind_and_call() -> None:
    contexts: dict[int, str] = {}
    assert asked(bind(), contexts) == "bind samr"
    assert asked(fragment(0, struct.pack("<IHH", 0, 0, 13)), contexts) == "samr enumerate-users"
    assert asked(fragment(0, struct.pack("<IHH", 0, 7, 13)), contexts) == "unknown 13"
    assert list(bound(bind(">"))) == [(0, "samr", "1.0")]
    assert (order_of(bind()), order_of(bind(">"))) == ("little", "big")


def test_cut_and_other() -> None:
    for at in range(len(bind())):
        assert asked(bind()[:at], {}) in {"", "bind samr"}
    assert asked(fragment(2, bytes(8)), {}) == ""
    assert asked(b"no fragment at all, but long", {}) == ""


def test_contexts_are_bounded() -> None:
    contexts: dict[int, str] = {}
    for number in range(MAX_CONTEXTS + 9):
        remember(contexts, number, "x")
    assert len(contexts) == MAX_CONTEXTS

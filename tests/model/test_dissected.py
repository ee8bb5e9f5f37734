"""A packet taken apart, as it goes from the process that reads it to the one that draws it."""

from __future__ import annotations

import msgspec

from procwire.model.dissected import Field, Layer


def test_it_is_the_same_on_the_other_side_of_a_pipe() -> None:
    layer = Layer("dns", 42, 80, "query", (Field("question", 54, 71, "A www.example", 1),), "cut")
    assert msgspec.json.decode(msgspec.json.encode(layer), type=Layer) == layer
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(layer), type=Layer) == layer

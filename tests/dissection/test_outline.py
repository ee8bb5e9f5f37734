"""A bounded cursor that notes what it reads."""

from __future__ import annotations

import pytest

from procwire.dissection.outline import MAX_FIELDS, Outline, ShortError, coded, hexed, outlined


def test_every_part_has_its_bytes() -> None:
    outline = Outline(b"\0\1\2\3abc", 1, 7)
    outline.number("one", 1, {1: "first"})
    with outline.within("list", 2, "two of them"):
        outline.number("a", 1)
        outline.number("b", 1, coded({3: "three"}, 2))
    outline.rest("text", lambda data: data.decode())
    assert [tuple(each.__struct_fields__) and (each.name, each.start, each.end, each.value, each.level)
            for each in outline.layer("x").fields] == [
        ("one", 1, 2, "1 first", 0), ("list", 2, 4, "two of them", 0), ("a", 2, 3, "2", 1),
        ("b", 3, 4, "0x03 three", 1), ("text", 4, 7, "abc", 0),
    ]  # fmt: skip


def test_what_is_not_there_is_said_by_the_layer() -> None:
    def read(outline: Outline) -> str:
        outline.say("said before")
        with outline.within("record", 9):
            outline.number("type", 1)
            outline.number("length", 4)
        return "never"

    layer = outlined("x", read, b"\0\1\2", 1, 3)
    assert layer.missing == "record: 9 bytes announced, 2 of them here"
    assert (layer.words, layer.start, layer.end) == ("said before", 1, 3)
    assert [part.name for part in layer.fields] == ["record", "type"]


def test_a_fault_inside_what_is_here_whole_stays_there() -> None:
    outline = Outline(b"\1\2\3\4", 0, 4)
    with outline.within("list", 3):
        outline.number("wide", 2)
        outline.number("wide", 2)
    outline.number("behind", 1)
    parts = outline.layer("x").fields
    assert [part.name for part in parts] == ["list", "wide", "malformed", "behind"]
    assert parts[2].value == "wide: 2 bytes wanted, 1 here"
    assert parts[3].value == "4"


def test_a_length_counts_what_follows() -> None:
    outline = Outline(b"\2abc", 0, 4)
    assert outline.counted("name", 1) == b"ab"
    assert [(part.name, part.start, part.end) for part in outline.layer("x").fields] == [
        ("name length", 0, 1), ("name", 1, 3),
    ]  # fmt: skip
    with pytest.raises(ShortError, match="name: 99 bytes wanted, 0 here"):
        outline.counted("name", 1)


def test_there_are_never_more_parts_than_its_bound() -> None:
    def read(outline: Outline) -> str:
        while outline.left:
            outline.number("byte", 1)
        return "all"

    layer = outlined("x", read, bytes(5000), 0, 5000)
    assert len(layer.fields) == MAX_FIELDS
    assert "not listed" in layer.missing


def test_long_values_are_cut() -> None:
    assert hexed(bytes(2)) == "0000"
    assert hexed(bytes(1000)).endswith("… (1,000 bytes)")

from __future__ import annotations

import pytest

from procwire.model import declare
from procwire.model.columns import Kind


@pytest.mark.parametrize(
    ("word", "kind", "unit"),
    [
        (declare.text, Kind.TEXT, ""),
        (declare.count, Kind.INTEGER, ""),
        (declare.size, Kind.SIZE, "bytes"),
        (declare.span, Kind.DURATION, "seconds"),
        (declare.items, Kind.LIST, ""),
        (declare.truth, Kind.BOOLEAN, ""),
    ],
)
def test_each_word_is_a_kind_with_its_unit(word: object, kind: Kind, unit: str) -> None:
    made = word("x", "X.", len, shown=True)  # type: ignore[operator]
    assert (made.name, made.kind, made.unit, made.shown) == ("x", kind, unit, True)
    assert made.get("abc") == 3

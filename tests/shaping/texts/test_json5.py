"""JSON5: the examples of its specification, lines, and nothing but the room's error on any text."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.texts.json5 import MAX_DEPTH, read
from procwire.shaping.texts.located import FileError

EXAMPLE = r"""
{
  // comments
  unquoted: 'and you can quote me on that',
  singleQuotes: 'I can use "double quotes" here',
  lineBreaks: "Look, Mom! \
No \\n's!",
  hexadecimal: 0xdecaf,
  leadingDecimalPoint: .8675309, andTrailing: 8675309.,
  positiveSign: +1,
  /* several
     lines */
  trailingComma: 'in objects', andIn: ['arrays',],
  "backwardsCompatible": "with JSON",
}
"""


def test_the_example_of_the_specification() -> None:
    found = read(EXAMPLE, "x")
    assert found.values == {
        "unquoted": "and you can quote me on that", "singleQuotes": 'I can use "double quotes" here',
        "lineBreaks": "Look, Mom! No \\n's!", "hexadecimal": 0xDECAF, "leadingDecimalPoint": 0.8675309,
        "andTrailing": 8675309.0, "positiveSign": 1, "trailingComma": "in objects", "andIn": ["arrays"],
        "backwardsCompatible": "with JSON",
    }  # fmt: skip
    assert [found.line((key,)) for key in ("unquoted", "hexadecimal", "trailingComma")] == [4, 8, 13]
    assert found.line(("andIn", 0)) == 13


def test_numbers_that_json_has_not() -> None:
    values = read('[-Infinity, NaN, 1e3, -0x10, "\\u0041\\x42"]', "x").values
    assert values[0] == -math.inf
    assert math.isnan(values[1])
    assert values[2:] == [1000.0, -16, "AB"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_json_is_json5(value: object) -> None:
    assert read(json.dumps(value), "x").values == value


@pytest.mark.parametrize(
    ("text", "line"),
    [("{a: 1,\n a: 2}", 2), ("{\n\n a 1}", 3), ("[1 2]", 1), ("", 1), ("{a: 'x\n'}", 1), ("1 2", 1),
     ("{\n,}", 2), ("['\\u12']", 1), ("nothing", 1), ("[1,\n-]", 2)],
)  # fmt: skip
def test_faults_have_lines(text: str, line: int) -> None:
    with pytest.raises(FileError) as wrong:
        read(text, "file")
    assert (wrong.value.line, wrong.value.name) == (line, "file")


def test_depth_is_bounded() -> None:
    with pytest.raises(FileError, match="deep"):
        read("[" * (MAX_DEPTH + 5), "x")


@given(st.text(alphabet="{}[]:,'\"\\/*+-.0x1eEna u\n", max_size=40))
def test_nothing_else_is_raised(text: str) -> None:
    line = 1
    try:
        read(text, "x")
    except FileError as wrong:
        line = wrong.line
    assert 1 <= line <= text.count("\n") + 1

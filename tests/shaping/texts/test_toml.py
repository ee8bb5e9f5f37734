"""TOML with lines."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.texts.located import FileError
from procwire.shaping.texts.toml import read

TEXT = '''name = "x"
text = """
[not] = a table
"""

[egress]
rate = "1mbit"
"quoted key".inner = 1

[[track]]
target = "a"
  [[track.step]]
  for = "1s"

  [[track.step]]
  for = "2s"
[[track]]
target = "b"
[[track.step]]
loss = "3%"
'''


def test_every_key_has_its_line() -> None:
    found = read(TEXT, "x")
    expected = {
        ("name",): 1, ("text",): 2, ("egress",): 6, ("egress", "rate"): 7,
        ("egress", "quoted key", "inner"): 8,
        ("track", 0, "target"): 11, ("track", 0, "step", 1, "for"): 16, ("track", 1): 17,
        ("track", 1, "step", 0, "loss"): 20, ("track", 1, "step", 0, "nothing"): 19, ("nowhere",): 1,
    }  # fmt: skip
    assert {place: found.line(place) for place in expected} == expected


@pytest.mark.parametrize(("text", "line"), [("a = 1\nb = \n", 2), ("[a\n", 1), ("a = 1\n\na = 2\n", 3)])
def test_faults_have_lines(text: str, line: int) -> None:
    with pytest.raises(FileError) as wrong:
        read(text, "file.toml")
    assert wrong.value.line == line


@given(st.text(alphabet="[]=.\"'ab1 \n#", max_size=40))
def test_nothing_else_is_raised(text: str) -> None:
    values: object = {}
    with contextlib.suppress(FileError):
        values = read(text, "x").values
    assert isinstance(values, dict)

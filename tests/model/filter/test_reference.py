"""The reference says what is true: every example in it is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from procwire.model.filter import FilterError, compile_filter
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.model.test_tables import a_flow

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "filter.md"


def blocks(label: str) -> list[str]:
    text = REFERENCE.read_text(encoding="utf-8")
    found = re.findall(rf"^```{label}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [line for block in found for line in block.splitlines()]


@pytest.mark.parametrize("line", blocks("filter"))
def test_examples_compile_and_run(line: str) -> None:
    ready = compile_filter(line, FLOWS)
    assert ready.matches(FlowRow(a_flow())) in (True, False)
    assert compile_filter(str(ready), FLOWS).tree == ready.tree


@pytest.mark.parametrize("line", blocks("refused"))
def test_what_is_said_to_be_refused_is(line: str) -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter(line, FLOWS)
    assert "^" in str(caught.value)


def test_the_error_shown_is_the_error_made() -> None:
    with pytest.raises(FilterError) as caught:
        compile_filter("pot == 443", FLOWS)
    assert str(caught.value) in REFERENCE.read_text(encoding="utf-8")


def test_every_alias_is_sound() -> None:
    for name in FLOWS.also:
        assert compile_filter(f"{name} is known", FLOWS).columns == FLOWS.also[name]

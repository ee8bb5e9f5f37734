"""Values in expressions, against SQLite itself."""

from __future__ import annotations

import itertools
import sqlite3

import pytest

from procwire.detect import sqlvalue as sql
from procwire.detect.sqlvalue import Cell

VALUES: tuple[Cell, ...] = (
    None,
    0,
    1,
    -7,
    3,
    2.5,
    -0.5,
    "",
    "a",
    "B",
    "7",
    " 12 ",
    "3x",
    "-1e2",
    (1 << 62),
    "é",
)


def asked(expression: str, *values: Cell) -> Cell:
    connection = sqlite3.connect(":memory:")
    try:
        (found,) = connection.execute(f"SELECT {expression}", values).fetchone()
    finally:
        connection.close()
    made: Cell = found
    return made


@pytest.mark.parametrize(
    ("name", "sign"), [("EQ", "="), ("LT", "<"), ("LTE", "<="), ("GT", ">"), ("GTE", ">=")]
)
def test_comparisons(name: str, sign: str) -> None:
    compare = sql.comparison(name)
    for left, right in itertools.product(VALUES, VALUES):
        assert compare(left, right) == asked(f"? {sign} ?", left, right), (left, right)


@pytest.mark.parametrize(
    ("name", "sign"), [("Add", "+"), ("Sub", "-"), ("Mul", "*"), ("Div", "/"), ("Mod", "%")]
)
def test_arithmetic(name: str, sign: str) -> None:
    compute = sql.arithmetic(name)
    for left, right in itertools.product(VALUES, VALUES):
        assert compute(left, right) == asked(f"? {sign} ?", left, right), (left, right)


@pytest.mark.parametrize("value", VALUES)
def test_one_value(value: Cell) -> None:
    assert sql.text_of(value) == asked("CAST(? AS TEXT)", value)
    assert sql.truth(value) == asked("NOT NOT ?", value)
    text = sql.text_of(value)
    if text is not None:
        assert (sql.lower(text), sql.upper(text)) == (asked("lower(?)", text), asked("upper(?)", text))


def test_a_column_decides_what_becomes_of_the_other_side() -> None:
    assert sql.fitted("443", sql.NUMERIC, sql.NONE) == 443
    assert sql.fitted("443.0", sql.NUMERIC, sql.TEXT) == 443
    assert sql.fitted("x", sql.NUMERIC, sql.NONE) == "x"
    assert sql.fitted(443, sql.TEXT, sql.NONE) == "443"
    assert sql.fitted(None, sql.TEXT, sql.NONE) is None

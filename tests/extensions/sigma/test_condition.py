"""Trees as SQL, and rows that they should match."""

from __future__ import annotations

import pytest
import sqlglot

from procwire.extensions.sigma.condition import (
    MAX_ROWS,
    All,
    Any,
    Leaf,
    Not,
    Unseen,
    Want,
    rows_of,
    seen,
    sql_of,
)


def test_many_values_do_not_make_it_deep() -> None:
    many = Any(tuple(Leaf(f"a = {number}") for number in range(500)))
    tree = sqlglot.parse_one(f"SELECT 1 WHERE {sql_of(many)}", read="sqlite")
    assert max(node.depth for node in tree.walk()) < 40
    assert sql_of(Not(All((Leaf("a"), Leaf("b"))))) == "NOT coalesce((a AND b), 0)"


def test_rows_are_made_of_what_leaves_want() -> None:
    start, part, end = (Want("x", start="/bin/"), Want("x", parts=("cu",)), Want("x", end="rl"))
    node = All(
        (Leaf("1", (start,)), Leaf("2", (part, Want("y", number=5))), Leaf("3", (end,)), Not(Leaf("4")))
    )
    first, second = rows_of(node, {"z": 1})
    assert first == {"z": 1, "x": "/bin/curl"}
    assert second == {"z": 1, "x": "/bin/rl", "y": 5}
    listed = Leaf("5", (Want("tags", "a", whole=True, listed=True),))
    assert list(rows_of(listed, {})) == [{"tags": ["a"]}]
    clash = All((Leaf("6", (Want("y", number=5),)), Leaf("7", (Want("y", number=6),))))
    assert list(rows_of(clash, {})) == [{"y": 5}, {"y": 6}]
    exception = All((Leaf("8"), Not(Leaf("9", against=(Want("tags", "b", whole=True, listed=True),)))))
    assert next(rows_of(exception, {})) == {"tags": ["b"]}
    wide = All(tuple(Any((Leaf("a", (part,)), Leaf("b", (end,)))) for _ in range(40)))
    assert len(list(rows_of(wide, {}))) == MAX_ROWS


def test_of_alternatives_what_cannot_be_seen_is_left_out_and_nothing_else() -> None:
    one, other, blind = Leaf("a"), Leaf("b"), Unseen("no such column", "field x")
    assert seen(Any((one, blind))) == (Any((one,)), (blind,))
    assert seen(All((other, Any((one, blind))))) == (All((other, Any((one,)))), (blind,))
    assert seen(Any((one, All((other, blind))))) == (Any((one,)), (blind,))
    assert seen(All((one, blind))) == (blind, ())
    assert seen(Any((blind, blind))) == (blind, ())
    assert seen(All((one, Not(blind)))) == (blind, ())
    assert seen(All((one, Not(Any((other, blind)))))) == (blind, ())
    assert seen(Not(one)) == (Not(one), ())
    with pytest.raises(ValueError, match="cannot be seen"):
        sql_of(blind)

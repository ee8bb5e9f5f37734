from __future__ import annotations

from procwire.cli.output import tree

Pair = tuple[int, int]


def name(row: Pair) -> int:
    return row[0]


def parent(row: Pair) -> int:
    return row[1]


def drawn(rows: list[Pair]) -> list[str]:
    return [branch + str(row[0]) for row, branch in tree.grown(rows, name, parent)]


def test_children_stand_below_their_parents() -> None:
    assert drawn([(1, 0), (2, 1), (3, 1), (4, 2), (5, 9)]) == ["1", "├─ 2", "│  └─ 4", "└─ 3", "5"]


def test_a_circle_is_shown_once_and_ends() -> None:
    assert sorted(row[0] for row, _ in tree.grown([(1, 2), (2, 1), (3, 3)], name, parent)) == [1, 2, 3]


def test_a_very_long_chain() -> None:
    rows = [(number, number - 1) for number in range(1, 5000)]
    lines = drawn(rows)
    assert len(lines) == 4999
    assert max(map(len, lines)) <= tree.MAX_DEPTH * 3 + 7


def test_what_is_wanted_keeps_what_is_above_it() -> None:
    rows = [(1, 0), (2, 1), (3, 1), (4, 2), (5, 4)]
    kept = tree.with_ancestors(rows, lambda row: row[0] == 4, name, parent)
    assert kept == [(1, 0), (2, 1), (4, 2)]
    assert tree.with_ancestors([(1, 2), (2, 1)], lambda row: row[0] == 1, name, parent) == [(1, 2), (2, 1)]

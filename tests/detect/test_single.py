"""A query over single rows gives the same rows as a test of each row and as SQLite's own answer."""

from __future__ import annotations

import random
from operator import itemgetter
from typing import Any

import pytest

from procwire.detect.index import Index
from procwire.detect.single import Match, single
from procwire.detect.sqlmatch import NotSingle
from procwire.model.columns import Column, Kind, Table
from procwire.store.asking import Limits, Questions

KINDS = {"name": Kind.TEXT, "path": Kind.TEXT, "port": Kind.INTEGER, "share": Kind.NUMBER,
         "alone": Kind.BOOLEAN, "addr": Kind.ADDRESS, "tags": Kind.LIST, "number": Kind.INTEGER}  # fmt: skip
ROWS = Table(
    name="row",
    doc="A row.",
    columns=tuple(Column(name=n, kind=k, doc="It.", get=itemgetter(n)) for n, k in KINDS.items()),
)
WORDS = ("curl", "Curl", "/bin/sh", "ÄÖ", "ä", "a%b", "443", "x", "sh -c 'id'", "")
LEAVES = (
    "name = {t}", "name <> {t}", "name LIKE {l}", "name NOT LIKE {l}", "path LIKE '%\\%b' ESCAPE '\\'",
    "name IN ({t}, {t})", "port IN ({n}, {n})", "port = {n}", "port < {n}", "port >= {t}", "name > {n}",
    "name IS NULL", "path IS NOT NULL", "port BETWEEN {n} AND {n}", "share > 0.5", "alone", "NOT alone",
    "within(addr, '10.0.0.0/8')", "name REGEXP '(?i)cu.l'", "regexp('^/bin', path)", "caselike({l}, name)",
    "caselike(path, name)",
    "NOT caselike('%sh%', path)", "name LIKE path", "fold(name) = {t}",
    "lower(name) = {t}", "upper(path) LIKE {l}", "coalesce(name, path) = {t}", "name || path LIKE {l}",
    "length(name) > {n}", "instr(path, {t}) > 0", "port + 1 = {n}", "port / 2 > {n}", "port % 3 = 1",
    "-port < {n}", "name = path", "name IS path", "name IS NOT {t}", "share = port", "name = port",
    "EXISTS (SELECT 1 FROM json_each(tags) WHERE value LIKE {l})", "tags LIKE {l}", "(name = {t}) = 1",
    "EXISTS (SELECT 1 FROM json_each(row.tags) WHERE json_each.value = {t})", "ifnull(port, 0) = {n}",
    "port * 1.5 > {n}", "name + 1 > {n}", "NULL", "port = 443.0",
)  # fmt: skip


def text(draw: random.Random) -> str:
    return "'" + draw.choice(WORDS).replace("'", "''") + "'"


def leaf(draw: random.Random) -> str:
    made = draw.choice(LEAVES)
    while "{" in made:
        word = draw.choice(WORDS).replace("'", "''")
        like = f"'{draw.choice(['%', ''])}{word}{draw.choice(['%', '', '_'])}'"
        made = made.replace("{t}", text(draw), 1).replace("{l}", like, 1)
        made = made.replace("{n}", draw.choice(["0", "1", "2", "443", "80"]), 1)
    return made


def condition(draw: random.Random, depth: int = 3) -> str:
    kind = draw.random()
    if depth == 0 or kind < 0.3:
        return leaf(draw)
    if kind < 0.45:
        return f"NOT ({condition(draw, depth - 1)})"
    return f"({condition(draw, depth - 1)} {draw.choice(['AND', 'OR'])} {condition(draw, depth - 1)})"


def some(draw: random.Random, number: int) -> dict[str, Any]:
    return {
        "name": draw.choice((*WORDS, None)), "path": draw.choice((*WORDS, None)),
        "port": draw.choice((None, 0, 1, 2, 80, 443)), "share": draw.choice((None, 0.0, 0.5, 1.0, 443.0)),
        "alone": draw.choice((True, False, None)), "addr": draw.choice(("10.1.2.3", "192.0.2.1", "fe80::1")),
        "tags": tuple(draw.choice(WORDS[:6]) for _ in range(draw.randint(0, 3))), "number": number,
    }  # fmt: skip


def test_both_ways_give_the_same_rows() -> None:
    draw = random.Random(11)
    rows = [some(draw, number) for number in range(80)]
    limits = Limits(seconds=30, rows=1000, heap_bytes=256 << 20)
    made: list[tuple[Match, list[int]]] = []
    with Questions((ROWS,), store=None, live={"row": (ROWS, lambda: rows)}, limits=limits) as questions:
        for _ in range(600):
            text = f"SELECT number FROM row WHERE {condition(draw)}"
            match = single(text, {"row": ROWS})
            wanted = sorted(number for (number,) in questions.ask(text).rows)
            assert [row["number"] for row in rows if match.matches(row)] == wanted, text
            made.append((match, wanted))
    assert 200 < sum(bool(wanted) for _, wanted in made) < 600
    index = Index([match.needs for match, _ in made], ROWS)
    for row in rows:
        candidates = set(index.candidates(row))
        hits = {number for number, (_, wanted) in enumerate(made) if row["number"] in wanted}
        assert hits <= candidates


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT count(*) FROM row WHERE port = 1", "sums up"),
        ("SELECT name FROM row WHERE port = 1 GROUP BY name", "GROUP"),
        ("SELECT name FROM row WHERE port = 1 ORDER BY name", "ORDER"),
        ("SELECT name FROM row", "every row would match"),
        ("SELECT name FROM row JOIN row AS b WHERE row.port = 1", "JOINS"),
        ("SELECT name FROM row WHERE number > ago('1h')", "ago"),
        ("SELECT name FROM row WHERE port IN (SELECT 1)", "query within"),
        ("SELECT name FROM row WHERE run = 3", "run is not a column"),
        ("SELECT name FROM other WHERE port = 3", "no table"),
        ("SELECT 1 FROM row WHERE port = 1 UNION SELECT 2 FROM row", "several queries"),
        ("SELECT 1 FROM row WHERE EXISTS (SELECT 1 FROM row WHERE port = 1)", "query within"),
        ("SELECT 1 FROM row WHERE EXISTS (SELECT 1 FROM json_each(name) WHERE value = 'x')", "is a list"),
        ("SELECT 1 FROM row WHERE hex(name) = 'x'", "HEX"),
    ],
)
def test_what_is_more_than_one_row_is_refused(text: str, words: str) -> None:
    with pytest.raises(NotSingle, match=words):
        single(text, {"row": ROWS})

"""The first wall: only SELECT, over declared tables, with functions that compute."""

from __future__ import annotations

import pytest

from procwire.model.columns import Kind
from procwire.model.tables import FLOWS
from procwire.store.guard import MAX_TEXT, GuardError, examine
from tests.store.probe import PROBE

TABLES = (FLOWS, PROBE)

ALLOWED = (
    "SELECT process, count(*) AS n, sum(bytes) FROM flow WHERE last > ago('2h') GROUP BY 1 HAVING n > 1 "
    "ORDER BY n DESC LIMIT 5 OFFSET 1",
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10) SELECT x FROM c",
    "SELECT f.*, p.name FROM flow f LEFT JOIN probe p ON p.here = f.src WHERE NOT within(f.dst, '::/0')",
    "SELECT row_number() OVER (PARTITION BY process ORDER BY bytes DESC) FROM flow",
    "SELECT value, count(*) FROM flow, json_each(flow.risks) GROUP BY 1",
    "SELECT iif(1, 2, 3), ifnull(a, 1), coalesce(1, 2), CASE WHEN 1 THEN 2 ELSE 3 END, CAST(1 AS TEXT) "
    "FROM (SELECT 1 AS a)",
    "SELECT 1 FROM probe WHERE name REGEXP 'a' OR name LIKE 'b%' ESCAPE '!' OR 1 IN (SELECT app FROM flow)",
    "SELECT count(*) FILTER (WHERE app = :app) FROM store.flow UNION ALL SELECT 1 EXCEPT SELECT 2",
    "SELECT * FROM (VALUES (1, 2), (3, 4))",
    "SELECT EXISTS (SELECT 1 FROM probe), group_concat(DISTINCT name) FROM probe;",
    'SELECT "end", `start` FROM flow -- a comment',
    "SELECT json_extract(tags, '$[0]'), json_array_length(tags), tags ->> 0 FROM probe",
    "SELECT instr(name, 'a'), substr(name, 1, 2), round(ratio, 2), min(1, 2), max(1, 2) FROM probe",
    "SELECT lag(count) OVER w FROM probe WINDOW w AS (ORDER BY count)",
)


@pytest.mark.parametrize("text", ALLOWED)
def test_what_asks_is_allowed(text: str) -> None:
    assert examine(text, TABLES)


# Ways around lists of what is forbidden, and all that is no question.
ATTACKS = (
    "SELECT 1 FROM flow WHERE (load_extension('x'))",
    "SELECT load_extension('/tmp/x.so')",
    "WITH x AS (SELECT load_extension('x')) SELECT * FROM x",
    "SELECT 1 FROM flow JOIN probe ON load_extension('x')",
    "SELECT 1 FROM flow ORDER BY load_extension('x')",
    "SELECT 1 FROM flow GROUP BY 1 HAVING load_extension('x')",
    "SELECT CASE WHEN 1 THEN load_extension('x') END",
    "SELECT count(*) FILTER (WHERE load_extension('x')) FROM flow",
    "SELECT max(load_extension('x')) OVER (ORDER BY 1) FROM flow",
    "SELECT 1 LIMIT load_extension('x')",
    "SELECT \"load_extension\"('x')",
    "SELECT LOAD_EXTENSION /* */ ('x')",
    "SELECT writefile('/tmp/x', 'y')",
    "SELECT readfile('/etc/shadow')",
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('x')",
    "SELECT randomblob(1000000000)",
    "SELECT zeroblob(1000000000)",
    "SELECT printf('%1000000000d', 1)",
    "SELECT format('%1000000000d', 1)",
    "SELECT char(0)",
    "SELECT sqlite_version()",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM sqlite_schema",
    "SELECT * FROM store.sqlite_schema",
    "SELECT * FROM main.flow",
    "SELECT * FROM temp.sqlite_temp_schema",
    "SELECT * FROM a.b.flow",
    "SELECT * FROM store_table",
    "SELECT * FROM pragma_table_info('flow')",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_stmt",
    "SELECT * FROM generate_series(1, 1000000000)",
    "SELECT * FROM fts5vocab('a', 'b')",
    "WITH sqlite_master AS (SELECT 1) SELECT * FROM sqlite_master",
    "INSERT INTO flow (app) VALUES ('x')",
    "REPLACE INTO flow (app) VALUES ('x')",
    "UPDATE flow SET app = 'x'",
    "DELETE FROM flow",
    "WITH x AS (DELETE FROM flow RETURNING *) SELECT * FROM x",
    "DROP TABLE flow",
    "CREATE TABLE x AS SELECT * FROM flow",
    "CREATE TEMP TRIGGER t AFTER INSERT ON flow BEGIN SELECT 1; END",
    "ALTER TABLE flow RENAME TO x",
    "ATTACH '/etc/passwd' AS x",
    "DETACH store",
    "PRAGMA writable_schema = ON",
    "PRAGMA hard_heap_limit = 0",
    "VACUUM INTO '/tmp/x'",
    "REINDEX",
    "ANALYZE",
    "BEGIN",
    "COMMIT",
    "SAVEPOINT a",
    "EXPLAIN SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE flow",
    "",
    ";",
    "-- nothing",
    "not SQL at all",
    "SELECT",
    "SELECT 'open",
    "SELECT 1\x00, load_extension('x')",
    "SELECT * FROM nowhere",
    "SELECT name FROM probe WHERE name GLOB '*a*a*a*a*a*b'",
    "SELECT name FROM probe WHERE name MATCH 'a'",
    "SELECT datetime('now')",
    "SELECT random()",
    "SELECT last_insert_rowid(), changes()",
)


@pytest.mark.parametrize("text", ATTACKS)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(GuardError) as caught:
        examine(text, TABLES)
    assert 0 < len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "text",
    [
        "SELECT " + "(" * 500 + "1" + ")" * 500,
        "SELECT " + "+".join(["1"] * 3000),
        "SELECT " + "NOT " * 3000 + "1",
        "SELECT 1 FROM flow" + " JOIN probe USING (name)" * 20,
        "SELECT 1 " + "UNION SELECT 1 " * 1000,
        "SELECT '" + "x" * MAX_TEXT + "'",
        "SELECT " + "CASE WHEN 1 THEN " * 200 + "1" + " END" * 200,
        "SELECT * FROM " + "(SELECT * FROM " * 100 + "flow" + ")" * 100,
    ],
    ids=range(8),
)
def test_size_and_depth_are_bounded(text: str) -> None:
    with pytest.raises(GuardError):
        examine(text, TABLES)


def test_it_tells_what_is_read_and_which_values_are_wanted() -> None:
    asked = examine(
        "WITH c AS (SELECT * FROM store.flow) SELECT * FROM c, PROBE WHERE name = :x AND 1 = :y", TABLES
    )
    assert asked.tables == {("store", "flow"), ("", "probe")}
    assert asked.ctes == {"c"}
    assert asked.parameters == {"x", "y"}


def test_kinds_come_from_declarations_and_from_nowhere_else() -> None:
    asked = examine("SELECT start, max(last), duration AS d, count(*) AS bytes, risks FROM flow f", TABLES)
    assert asked.kinds == {
        "start": Kind.TIME, "max(last)": Kind.TIME, "d": Kind.DURATION, "risks": Kind.LIST,
    }  # fmt: skip
    assert examine("SELECT *, 1 AS start FROM flow", TABLES).kinds["duration"] is Kind.DURATION
    assert "start" not in examine("SELECT *, 1 AS start FROM flow", TABLES).kinds
    for text in (
        "WITH a AS (SELECT 1 AS duration) SELECT duration FROM a",
        "SELECT duration FROM (SELECT 1 AS duration)",
        "SELECT 1 AS duration UNION SELECT duration FROM flow",
    ):
        assert examine(text, TABLES).kinds == {}


def test_a_name_that_is_nearly_right_is_offered() -> None:
    with pytest.raises(GuardError, match="did you mean flow"):
        examine("SELECT * FROM flows", TABLES)
    with pytest.raises(GuardError, match="did you mean within"):
        examine("SELECT withn(src, '::/0') FROM flow", TABLES)


NO_QUESTIONS = {"vacuum into 'x'": "VACUUM", "EXPLAIN SELECT 1": "EXPLAIN", "DELETE FROM flow": "DELETE"}


@pytest.mark.parametrize(("text", "word"), NO_QUESTIONS.items())
def test_what_is_no_question_is_named_as_it_was_written(text: str, word: str) -> None:
    with pytest.raises(GuardError, match=f"only SELECT is allowed, and this is {word}"):
        examine(text, TABLES)

"""Pictures as a warden makes them: some rows at a time, and no wait for who does not take them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from procwire.warden.easel import MAX_WAITING, ROWS, Easel
from procwire.warden.line import Line, pair
from procwire.warden.messages import MAX_BYTES, Pictured, reply


class Studio:
    def __init__(self, rows: list[list[Any]] | OSError | None) -> None:
        ours, theirs = pair()
        self.line, self.engine = Line(ours), Line(theirs)
        self._rows = rows
        self.easel = Easel(self.line, None if rows is None else self.paint)

    def paint(self, table: str) -> Iterator[list[Any]]:
        assert table == "process"
        if isinstance(self._rows, OSError):
            raise self._rows
        return iter(self._rows or [])

    def parts(self) -> list[Pictured]:
        found: list[Pictured] = []
        while True:
            try:
                told = reply(self.engine.take(wait=False)[0])
            except BlockingIOError:
                return found
            assert isinstance(told, Pictured)
            found.append(told)

    def close(self) -> None:
        self.line.close()
        self.engine.close()


def test_a_table_comes_some_rows_at_a_time() -> None:
    studio = Studio([[number] for number in range(ROWS + 3)])
    studio.easel.begin("process")
    studio.easel.begin("process")
    assert studio.easel.busy
    studio.easel.work()
    assert [(len(part.rows), part.last) for part in studio.parts()] == [(ROWS, False)]
    studio.easel.work()
    assert [(len(part.rows), part.last) for part in studio.parts()] == [(3, True)]
    assert not studio.easel.busy
    studio.close()


def test_what_cannot_be_had_or_told_is_said() -> None:
    for rows, said in ((OSError(13, "Permission denied"), "Permission denied"), (None, "not looked at")):
        studio = Studio(rows)
        studio.easel.begin("process")
        studio.easel.work()
        (part,) = studio.parts()
        assert part.last
        assert said in part.problem
        studio.close()
    studio = Studio([[1], ["x" * MAX_BYTES], [3]])
    studio.easel.begin("process")
    studio.easel.work()
    parts = studio.parts()
    assert [row for part in parts for row in part.rows] == [[1], [3]]
    assert "a row cannot be told" in parts[-1].problem
    studio.close()


def test_what_cannot_be_loaded_is_told_as_the_problem() -> None:
    studio = Studio([])

    def absent(_: str) -> Iterator[list[Any]]:
        raise ImportError("no module named nowhere")

    studio.easel._painter = absent
    studio.easel.begin("process")
    studio.easel.work()
    (part,) = studio.parts()
    assert part.last
    assert part.problem == "no module named nowhere"
    studio.close()


def test_who_does_not_take_it_keeps_nobody_waiting() -> None:
    studio = Studio([["x" * 3000] for _ in range(400)])
    studio.easel.begin("process")
    for _ in range(200):
        studio.easel.work()
    assert studio.easel.busy
    rows = 0
    for _ in range(100):
        rows += sum(len(part.rows) for part in studio.parts())
        studio.easel.work()
    assert rows == 400
    for _ in range(MAX_WAITING + 3):
        studio.easel.begin(f"table {_}")
    studio.engine.close()
    studio.easel._painter = lambda _: iter([])
    for _ in range(MAX_WAITING):
        studio.easel.work()
    assert not studio.easel.busy
    studio.line.close()

from __future__ import annotations

import pytest

from procwire.cli.rows import columns_of, ordered
from procwire.engine.options import EngineError
from procwire.model.filter import compile_filter
from procwire.model.host import ProcessRow
from procwire.model.host_tables import PROCESSES
from tests.model.test_host import a_task


def rows() -> list[ProcessRow]:
    return [
        ProcessRow(a_task(pid=1, resident=5, comm=b"b", netns=0)),
        ProcessRow(a_task(pid=2, resident=9, comm=b"c", netns=3)),
        ProcessRow(a_task(pid=3, resident=7, comm=b"a", netns=4)),
    ]


def pids(*words: str) -> list[int]:
    return [row.task.pid for row in ordered(rows(), None, PROCESSES, words)]


def test_numbers_from_the_largest_text_from_a_and_the_unknown_last() -> None:
    assert pids() == [1, 2, 3]
    assert pids("rss") == [2, 3, 1]
    assert pids("process") == [3, 1, 2]
    assert pids("netns") == [3, 2, 1]
    assert pids("threads", "process") == [3, 1, 2]
    assert pids("exe") == [1, 2, 3]


def test_only_what_matches() -> None:
    keep = compile_filter("pid > 1", PROCESSES, now=0)
    assert [row.task.pid for row in ordered(rows(), keep, PROCESSES, ["rss"])] == [2, 3]


def test_names_of_columns_are_checked() -> None:
    assert columns_of("pid, exe", PROCESSES) == ["pid", "exe"]
    assert columns_of("", PROCESSES) is None
    with pytest.raises(EngineError, match="xx is not a column of process"):
        columns_of("pid,xx", PROCESSES)

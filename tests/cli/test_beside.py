"""Answers of a process beside the terminal."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from procwire.cli.beside import Answering, plain, serve
from procwire.model.filter import FilterError
from procwire.tui.aside import Aside
from procwire.tui.host import Health, HostError, Rows, Want
from tests.tui.fake import NOW, TABLES, flow


class Example(Answering):
    title = "an example"

    def __init__(self) -> None:
        super().__init__(lambda: NOW)
        self.rows_of = [flow(number) for number in range(20)]
        self.offers = {"flow": (TABLES["flow"], lambda: self.rows_of)}

    def health(self, at: int | None) -> Health:
        if at == 1:
            raise ZeroDivisionError("a defect")
        return Health(now=at or NOW)


@pytest.fixture
def aside() -> Iterator[Aside]:
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=serve, args=(theirs, Example()))
    thread.start()
    host = Aside(ours)
    yield host
    host.close()
    thread.join(60)
    theirs.close()


def test_rows_come_over_the_socket(aside: Aside) -> None:
    want = Want(
        table="flow", columns=("flow_id", "bytes", "rtt"), filter="proto == tcp", order="bytes", limit=3
    )
    found = aside.rows(want)
    assert isinstance(found, Rows)
    assert len(found.rows) == 3
    assert found.total == sum(row["proto"] == "tcp" for row in Example().rows_of)
    assert found.rows[0][1] <= found.rows[1][1]
    assert aside.title == "an example"
    assert {table.name for table in aside.tables()} == {"flow", "group"}


def test_a_wrong_filter_has_its_place(aside: Aside) -> None:
    with pytest.raises(FilterError) as caught:
        aside.rows(Want(table="flow", columns=("bytes",), filter="proto == tcp and proces == curl"))
    assert (caught.value.at, caught.value.length) == (17, 6)


@pytest.mark.parametrize("call", [
    lambda host: host.rows(Want(table="nothing", columns=())),
    lambda host: host.rows(Want(table="flow", columns=("nothing",))),
    lambda host: host.flow("x"),
    lambda host: host.conversation("x"),
    lambda host: host.packet(3),
    lambda host: host.query("select 1"),
    lambda host: host.act("acknowledge", {}),
])  # fmt: skip
def test_what_cannot_be_had_is_refused(aside: Aside, call: Any) -> None:
    with pytest.raises(HostError):
        call(aside)


def test_a_defect_ends_one_answer_alone(aside: Aside) -> None:
    with pytest.raises(HostError, match="ZeroDivisionError"):
        aside.health(1)
    assert aside.health(5).now == 5


def test_values_are_plain() -> None:
    assert plain(b"a\xff") == "a\\xff"
    assert plain([1, "b"]) == ("1", "b")
    assert plain(None) is None

"""The host's tables as a daemon offers them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from procwire.api.offers import Viewer
from procwire.cli import hosting
from procwire.model.host_tables import PROCESSES
from procwire.warden.gallery import Gallery
from procwire.warden.messages import Pictured


def a_watch(gallery: Gallery | None) -> Any:
    return SimpleNamespace(
        warden=SimpleNamespace(gallery=gallery) if gallery is not None else None,
        counting=None,
        source_problem="",
        source_name="tap",
        source=SimpleNamespace(listening=["lo"], drops=lambda: {"lo": 4}),
    )


def test_rows_come_from_the_warden_and_are_for_who_owns_them() -> None:
    asked: list[str] = []
    gallery = Gallery(asked.append)
    process, socket, traffic, accounting = hosting.offers(hosting.Host(lambda: a_watch(gallery)))
    assert process.rows() is None
    place = [column.name for column in PROCESSES].index("uid")
    row: list[Any] = [None] * len(PROCESSES.columns)
    row[place] = 1000
    gallery.take(Pictured("process", [row], last=True))
    assert process.rows() == [row]
    mine, others = process.visible(Viewer(1000)), process.visible(Viewer(1001))
    assert mine is not None
    assert others is not None
    assert (mine(row), others(row)) == (True, False)
    assert process.table.column("uid").get(row) == 1000
    assert traffic.rows() is None
    gallery.take(Pictured("traffic", [["lo", *range(8)], ["eth0", *range(8)]], last=True))
    rows = list(traffic.rows() or ())
    assert [(each.interface, each.watched, each.missed) for each in rows] == [
        ("lo", True, 4),
        ("eth0", False, None),
    ]
    assert socket.reasons() == ()
    assert accounting.rows() == []
    assert accounting.reasons() == (
        "accounting: packets are not counted at their sockets here: --source tap",
    )
    assert asked == ["process", "traffic"]


def test_before_there_is_a_watch_nothing_is_there() -> None:
    process, *_ = hosting.offers(hosting.Host(lambda: None))
    assert process.rows() == []
    assert process.reasons() == ("process: nothing is watched yet",)


def test_one_process_with_every_right_looks_itself() -> None:
    watching = a_watch(None)
    traffic = hosting.offers(hosting.Host(lambda: watching))[2]
    assert "lo" in [row.interface for row in traffic.rows() or ()]


def test_who_answers_for_packets_is_asked_of_what_counts_them() -> None:
    watching = a_watch(Gallery(lambda _: None))
    watching.counting = SimpleNamespace(watched=[], drops=dict)
    host = hosting.Host(lambda: watching)
    assert host.standing() is host.standing() is not None
    assert host.accounting() is None  # the picture is not there yet
    host.begin()
    assert host.uncounted() == ()

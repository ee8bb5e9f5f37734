"""Who started whose flows an incident holds: as pictures had them, and by name where none had."""

from __future__ import annotations

from procwire.model.lines import fields, line_of, readers
from procwire.model.process import Container, Executable, ProcessRef
from procwire.recorder.kin import KIN, LOOK_NS, SAME_NS, Kin, Row, row_of

SECOND = 10**9
CURL = ProcessRef(
    pid=40, start=9 * SECOND, name="curl", exe="/usr/bin/curl", uid=0, user="root", ppid=1,
    ancestors=("sh:30", "we:ird:20", "init:1"), container="abc", ended=10 * SECOND,
    executable=Executable(path="/usr/bin/curl", sha256="5a"),
    facts=Container(id="abc", name="web", image="i"),
)  # fmt: skip
SH: Row = {"pid": 30, "start": 5 * SECOND, "process": "sh", "ppid": 20, "exe": "/bin/sh", "user": "alice",
           "ancestors": ("we:ird:20", "init:1"), "rss": 5}  # fmt: skip


def test_an_owner_tells_of_itself() -> None:
    row = row_of(CURL)
    assert (row["ppid"], row["parent"]) == (30, "sh")  # by lineage: it was handed to init when sh ended
    assert (row["container"], row["container_id"], row["image"], row["exe_sha256"]) == (
        "web",
        "abc",
        "i",
        "5a",
    )
    assert (row["uid"], row["ended"], row["known_by"]) == (0, 10 * SECOND, "flow")


def test_parents_as_a_picture_had_them_else_by_name() -> None:
    kin = Kin()
    kin.see(
        [SH, {"pid": 1, "start": 1, "process": "init"}, {"pid": 30, "start": 20 * SECOND, "process": "late"}]
    )
    rows = list(kin.tree([CURL]))
    assert [(row["pid"], row["process"], row["known_by"]) for row in rows] == [
        (40, "curl", "flow"), (30, "sh", "picture"), (20, "we:ird", "child"), (1, "init", "picture"),
    ]  # fmt: skip
    assert rows[1]["user"] == "alice"
    assert "rss" not in rows[1]  # of one moment, not of an incident
    assert rows[2] == {"pid": 20, "process": "we:ird", "ppid": 1, "parent": "init",
                       "ancestors": ("init:1",), "known_by": "child"}  # fmt: skip


def test_each_is_told_of_once_and_an_owner_with_what_a_picture_adds() -> None:
    kin = Kin()
    kin.see([SH, {"pid": 40, "start": 9 * SECOND + SAME_NS, "process": "cu", "netns": 7}])
    other = ProcessRef(pid=41, start=9 * SECOND, name="wget", ancestors=("curl:40", *CURL.ancestors))
    rows = list(kin.tree([other, CURL]))
    assert [row["pid"] for row in rows] == [41, 40, 30, 20, 1]
    assert (rows[1]["process"], rows[1]["netns"], rows[1]["known_by"]) == ("curl", 7, "flow")


def test_what_is_written_is_read_back() -> None:
    kin, again = Kin(), Kin()
    kin.see([SH])
    how = readers(KIN.columns)
    lines = [line_of(fields(row, how, {"schema": KIN.schema})) for row in kin.tree([CURL])]
    again.read([*lines, b"{", b"[]", b'{"pid":"x"}', b'{"pid":1,"start":"never"}'])
    assert {row["pid"]: row["process"] for row in again.rows()} == {
        40: "curl",
        30: "sh",
        20: "we:ird",
        1: "init",
    }
    assert [row["pid"] for row in again.tree([CURL])] == [40, 30, 20, 1]
    assert list(again.tree([CURL]))[1]["start"] == 5 * SECOND


def test_pictures_come_seldom_and_at_once_when_something_happens() -> None:
    kin = Kin()
    asked: list[int] = []

    def picture() -> list[Row] | None:
        asked.append(1)
        return None if len(asked) == 1 else [SH]

    kin.look(100, picture)  # on its way
    kin.look(101, picture)
    kin.look(100 + LOOK_NS, picture)
    assert (len(asked), len(kin)) == (2, 1)
    kin.hurry()
    kin.look(102, picture)
    assert len(asked) == 3
    kin.look(102 + LOOK_NS, picture)
    assert len(asked) == 4


def test_memory_is_bounded_and_circles_end() -> None:
    kin = Kin(most=2)
    kin.see([{"pid": pid, "start": pid} for pid in (1, 2, 3)])
    kin.see([{"pid": 2, "start": 2, "process": "seen again"}, {"pid": 4, "start": 4}])
    assert sorted(row["pid"] for row in kin.rows()) == [2, 4]
    kin.see([{"pid": 4, "ppid": 5, "process": "a"}, {"pid": 5, "ppid": 4, "process": "b"}])
    assert [row["pid"] for row in kin.tree([ProcessRef(pid=6, start=0, name="c", ppid=5)])] == [6, 5, 4]
    assert [row["pid"] for row in Kin().tree([ProcessRef(pid=6, start=0, name="c", ancestors=("odd",))])] == [
        6
    ]

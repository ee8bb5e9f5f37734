from __future__ import annotations

from typing import Any

from procwire.detect.newcomers import MAX_FILES, Newcomers
from procwire.model.process import Container, Executable
from procwire.model.rows import FlowRow
from tests.detect.made import flow, lived, process, program

DAY = 86_400.0


def ran(exe: str = "/usr/bin/curl", *, at: float = 0, pid: int = 7, of: Executable | None = None) -> object:
    return flow(at=at, owner=process(exe, pid=pid, executable=of))


def file(number: int, sha256: str = "", path: str = "/usr/bin/curl") -> Executable:
    return program(path, file=(1, number, 100, number), sha256=sha256)


def words(flows: list[object], detector: Newcomers | None = None) -> list[tuple[str, str]]:
    found = lived(detector or Newcomers(), flows)
    return [(one.severity, one.detail.partition(") ")[2]) for one in found]


def test_a_path_without_a_flow_is_new_once_a_day_was_learned() -> None:
    assert (
        words([ran(), ran("/usr/bin/wget", at=DAY - 1), ran(at=DAY + 1), ran("/usr/bin/wget", at=DAY + 1)])
        == []
    )
    assert words([ran(), ran("/opt/new", at=DAY + 1), ran("/opt/new", at=DAY + 2)]) == [
        ("low", "had no flow before")
    ]
    (found,) = lived(Newcomers({"learn": 1}), [ran(), ran("/opt/new", at=2)])
    assert (found.exe, found.process, found.target) == ("/opt/new", "new", "93.184.216.34")


def test_what_the_store_knows_is_not_learned_again() -> None:
    detector = Newcomers()
    detector.remember([("", "/usr/bin/curl", "aa")], 1)
    assert words([ran(of=file(1, "aa"))], detector) == []
    assert words([ran("/opt/new")], detector) == [("low", "had no flow before")]
    assert words([ran(of=file(2, "bb"), pid=8)], detector) == [
        ("low", "is another file than before: an upgrade, or another's")
    ]


def test_another_file_under_a_known_path() -> None:
    assert words([ran(of=file(1)), ran(of=file(1)), ran(of=file(2), pid=8), ran(of=file(2), pid=9)]) == [
        ("low", "is another file than before: an upgrade, or another's")
    ]


def test_a_file_that_changes_under_its_process() -> None:
    assert words([ran(of=file(1, "aa")), ran(of=file(2, "bb"))]) == [
        ("high", "was changed while it ran: SHA-256 aa to bb")
    ]
    assert words([ran(of=file(1)), ran(of=file(2))]) == [("high", "was changed while it ran")]


def test_a_hash_may_come_late() -> None:
    late = file(2)
    detector = Newcomers()
    assert words([ran(of=file(1, "aa"))], detector) == []
    row = ran(of=late)
    assert list(detector.opened(_row(row), 1)) == []
    late.sha256 = "aa"
    assert list(detector.ended(_row(row), 2)) == []
    other = _row(ran(of=file(3)))
    assert list(detector.opened(other, 3)) == []
    assert [one.severity for one in detector.ended(other, 4)] == ["high"]


def _row(made: Any) -> FlowRow:
    return FlowRow(made)


def test_what_is_harmless_is_left_alone() -> None:
    image = Container(id="c1", image="web:1")
    inside = [
        process(container=f"c{n}", facts=image, executable=program("/a", file=(n, n, 5, 5))) for n in range(3)
    ]
    touched = [ran(of=file(1, "aa")), ran(of=file(2, "aa"))]
    unhashed = [ran(), ran(of=file(1)), ran()]
    assert words([*(flow(owner=one, at=n * DAY) for n, one in enumerate(inside))]) == []
    assert words(touched) == []
    assert words(unhashed) == []
    assert words([flow(), ran("/memfd:x (deleted)", at=2 * DAY, of=program("/memfd:x", memfd=True))]) == []


def test_files_of_one_path_are_bounded() -> None:
    detector = Newcomers()
    changed = words([ran(of=file(n), pid=n) for n in range(2 * MAX_FILES)], detector)
    assert len(changed) == 2 * MAX_FILES - 1
    assert max(len(known.files) for known in detector._paths.values()) == MAX_FILES

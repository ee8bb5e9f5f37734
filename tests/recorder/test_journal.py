"""Lines in files that turn, beside an audience that hears the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from procwire.model.flow import Flow
from procwire.recorder.journal import Journal, Lines
from procwire.recorder.reason import RecorderError
from procwire.recorder.shapes import shape
from procwire.recorder.turning import names
from procwire.recorder.wishes import Rotation


class Heard:
    """Counts what it hears."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def told(self, event: str, flow: Flow) -> None:
        """See Audience."""
        self.events.append(event)

    def ticked(self, now: int) -> None:
        """See Audience."""
        self.events.append("tick")


@pytest.mark.parametrize(
    ("rotation", "kept"),
    [
        (Rotation(packets=4, files=3), [b"8", b"9"]),
        (Rotation(size_bytes=8, files=3), [b"8", b"9"]),
        (Rotation(span_ns=3, files=3), [b"8", b"9"]),
    ],
)
def test_the_oldest_file_is_written_anew(tmp_path: Path, rotation: Rotation, kept: list[bytes]) -> None:
    path = str(tmp_path / "x.jsonl")
    lines = Lines(path, rotation)
    for number in range(14):
        lines.add(b"%x\n" % number, number)
    lines.close()
    lines.close()
    first, second, third = (Path(name).read_bytes().split() for name in names(path, 3))
    assert (first, second, third) == ([b"c", b"d"], [b"4", b"5", b"6", b"7"], [b"8", b"9", b"a", b"b"])
    assert lines.turned == 3
    assert kept == third[:2]


def test_a_line_for_each_thing_told_and_all_is_passed_on(tmp_path: Path) -> None:
    heard = Heard()
    journal = Journal(heard, Lines(str(tmp_path / "x"), Rotation()), None)
    flow = Flow()
    flow.family, flow.proto = 4, 6
    journal.told("open", flow)
    journal.ticked(5)
    assert json.loads((tmp_path / "x").read_bytes())["event"] == "open"
    journal.told("end", flow)
    journal.close()
    assert heard.events == ["open", "tick", "end"]
    told = [json.loads(line) for line in (tmp_path / "x").read_bytes().splitlines()]
    assert [line["schema"] for line in told] == ["procwire.flow/1"] * 2
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_shape_and_a_full_disk(tmp_path: Path) -> None:
    shaped = Journal(Heard(), Lines(str(tmp_path / "x"), Rotation()), shape("eve"))
    flow = Flow()
    shaped.told("end", flow)
    shaped.close()
    assert json.loads((tmp_path / "x").read_bytes())["event_type"] == "flow"
    heard = Heard()
    full = Journal(heard, Lines("/dev/full", Rotation()), None)
    full.told("end", flow)
    full.ticked(1)
    full.told("end", flow)
    full.close()
    assert "no space" in full.problem.lower()
    assert heard.events == ["end", "tick", "end"]
    with pytest.raises(RecorderError):
        Lines(str(tmp_path / "no" / "x"), Rotation())

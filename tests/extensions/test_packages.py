from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from procwire.extensions.packages import announced, chosen
from tests.dpi.samples import dialogues
from tests.dpi.user.example import described_example, packaged


def point(name: str, answer: Any) -> Any:
    def load() -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return SimpleNamespace(name=name, value=f"{name}.module", load=load)


def test_whether_a_package_has_some(tmp_path: Path) -> None:
    assert not announced([str(tmp_path)])
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[console_scripts]\na = b\n")
    assert not announced([str(tmp_path)])
    (info / "entry_points.txt").write_text("[procwire.protocols]\nacme = acme\n")
    assert announced([str(tmp_path)])


def test_what_cannot_be_had_is_named_and_left_out() -> None:
    good = described_example()
    partial = SimpleNamespace(__name__="partial", __doc__="x", NAME="partial")
    odd = described_example()
    odd.PORTS = 5  # type: ignore[attr-defined]
    points = [
        point("raises", ValueError("a\nb")),
        point("exits", SystemExit(3)),
        point("partial", partial),
        point("nothing", None),
        point("odd", odd),
        point("good", good),
        point("again", good),
    ]
    found, left = chosen(points, {})
    assert found == [good]
    assert len(left) == 6
    assert left[0] == "protocol raises (raises.module) is left out: ValueError: a b"
    assert "partial has no PORTS" in left[2]
    assert "taken by good.module" in left[5]
    assert chosen([point("good", good)], {"acme": "us"})[0] == []


def test_the_package_of_the_documentation_is_taken_in_and_reads() -> None:
    boiler = packaged()[0]
    (dialogue,) = dialogues("boiler")
    parser = boiler.Parser(dialogue.context)
    seen = [
        one for now, (side, data) in enumerate(dialogue.steps) for one in parser.feed(side, data, now=now)
    ]
    assert [(one.message, one.degrees, one.latency) for one in seen] == [
        ("reading", 80, None),
        ("setting", 60, None),
        ("answer", 60, 1),
    ]

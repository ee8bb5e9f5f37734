"""Each capture through the whole pipeline says what its golden lines say, to the last value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.scenes.lines import lines_of, text_of
from tests.scenes.scenes import GOLDEN, captures, golden_of, name_of


@pytest.mark.parametrize("capture", captures(), ids=name_of)
def test_capture_says_what_it_always_said(capture: Path) -> None:
    golden = golden_of(capture)
    assert golden.exists(), f"no golden lines: python -m tests.scenes.write {name_of(capture)}"
    wanted = golden.read_text(encoding="ascii").splitlines()
    got = text_of(lines_of(capture)).splitlines()
    for number, (line, kept) in enumerate(zip(got, wanted, strict=False), 1):
        assert json.loads(line) == json.loads(kept), f"{golden.name} line {number}"
        assert line == kept, f"{golden.name} line {number}: the order of its columns"
    assert len(got) == len(wanted)


def test_no_golden_lines_without_their_capture() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {golden_of(path).name for path in captures()}

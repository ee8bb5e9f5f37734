"""Work grows with the data and no faster, for every protocol: counted in lines, so that no clock is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from procwire.dpi.registry import modules
from tests.contracts.counting import FOLD, counted, steep

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def counts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[int]]:
    """Of every protocol, by plain Python: loops of compiled modules cannot be counted."""
    plain = tmp_path_factory.mktemp("plain") / "src"
    shutil.copytree(ROOT / "src", plain, ignore=shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info"))
    environment = os.environ | {"PYTHONPATH": f"{plain}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts.counting"],
        cwd=plain, capture_output=True, check=False, timeout=120, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found


def test_work_grows_with_the_data_alone(counts: dict[str, list[int]]) -> None:
    assert {name.split()[0] for name in counts} == {module.NAME for module in modules()}
    assert {name: found for name, found in counts.items() if steep(*found)} == {}


def test_most_protocols_take_all_that_they_are_given(counts: dict[str, list[int]]) -> None:
    """Else little would be measured: those that have enough early, or refuse, are the fewer."""
    whole = [name for name, found in counts.items() if found[2] > found[0] * FOLD * 3 // 4]
    assert len(whole) > len(counts) // 2


class Quadratic:
    """Looks at all that it ever got, each time."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, side: Any, data: bytes, *, now: int) -> list[Any]:
        self._held += data
        for _ in self._held:
            now += 1
        return []

    def skip(self, side: Any) -> int:
        return 0


class Linear(Quadratic):
    """Looks at what it gets."""

    def feed(self, side: Any, data: bytes, *, now: int) -> list[Any]:
        for _ in data:
            now += 1
        return []


@pytest.mark.parametrize(("kind", "expected"), [(Quadratic, True), (Linear, False)])
def test_what_is_steep_is_found(kind: type[Quadratic], expected: bool) -> None:
    few, many = (counted(kind(), iter([(0, b"x")] * size), __file__) for size in (50, 50 * FOLD))
    assert steep(*few, *many) == expected

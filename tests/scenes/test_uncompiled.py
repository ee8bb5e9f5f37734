"""The per-packet modules say the same as plain Python: compiling changes the speed and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.engine.api import compiled_modules
from tests.scenes.command import SOURCE
from tests.scenes.scenes import captures, name_of

EVERY, SLOW = compiled_modules()


def read(source: Path, folder: Path, *words: str) -> bytes:
    """What ``procwire read`` of one copy of the source writes."""
    environment = os.environ | {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "procwire", "read", *words],
        cwd=folder, capture_output=True, check=False, timeout=60, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the source without compiled modules."""
    folder = tmp_path_factory.mktemp("plain") / "src"
    ignored = shutil.ignore_patterns("*.so", "__pycache__", "*.egg-info")
    shutil.copytree(SOURCE, folder, ignore=ignored)
    assert not list(folder.rglob("*.so"))
    return folder


@pytest.mark.skipif(len(SLOW) == len(EVERY), reason="nothing is compiled here: there is nothing to compare")
@pytest.mark.parametrize("what", ["flows", "packets", "lines"])
def test_uncompiled_says_the_same(plain: Path, tmp_path: Path, what: str) -> None:
    files = [str(path) for path in captures()]
    if what == "lines":
        golden = read_lines_of(plain, tmp_path)
        assert golden == read_lines_of(SOURCE, tmp_path)
        assert golden.count(b"\n") > 100
        return
    words = ("--json", "--merge", *files) if what == "flows" else ("--json", "--packets", *files)
    compiled = read(SOURCE, tmp_path, *words)
    assert read(plain, tmp_path, *words) == compiled
    assert compiled.count(b"\n") > len(files)


def read_lines_of(source: Path, folder: Path) -> bytes:
    """All flows and observations of all captures, as the golden lines have them."""
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": f"{source}:{root}", "PYTHONDONTWRITEBYTECODE": "1"}
    code = (
        "from tests.scenes.lines import lines_of, text_of\n"
        "from tests.scenes.scenes import captures\n"
        "import procwire.packet.decode as decode, sys\n"
        "print(decode.__file__.endswith('.so'), file=sys.stderr)\n"
        "for path in captures(): print(text_of(lines_of(path)), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, check=True, timeout=60, env=environment
    )
    assert done.stderr.decode().strip() == str(source == SOURCE)
    return done.stdout


def test_every_capture_has_a_name_of_its_own() -> None:
    assert len({name_of(path) for path in captures()}) == len(captures())

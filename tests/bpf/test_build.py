"""The committed objects are what their sources compile to."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from procwire.bpf.loader import FOLDER, read_object

OBJECTS = sorted(path.name.removesuffix(".bpf.c") for path in FOLDER.glob("*.bpf.c"))


def test_the_objects_are_what_their_sources_compile_to(tmp_path: Path) -> None:
    if not shutil.which("clang") or not shutil.which("llvm-strip"):
        pytest.skip("needs clang and llvm to compile the programs")
    have = subprocess.run(["clang", "--version"], capture_output=True, text=True, check=True).stdout
    pinned = (FOLDER / "compiler.txt").read_text(encoding="ascii").strip()
    if f"clang version {pinned}" not in have:
        pytest.skip(f"the object was compiled by clang {pinned}, here is {have.splitlines()[0]}")
    if not Path("/usr/include/bpf/bpf_helpers.h").exists():
        pytest.skip("needs libbpf-dev to compile the programs")
    subprocess.run([FOLDER / "build.sh", tmp_path], check=True, timeout=60)
    assert {"owners", "iterators"} <= set(OBJECTS)
    for name in OBJECTS:
        assert (tmp_path / f"{name}.bpf.o").read_bytes() == read_object(name), f"{name}: make bpf, and commit"


@pytest.mark.parametrize("name", OBJECTS)
def test_the_object_holds_no_path_of_its_builder(name: str) -> None:
    content = read_object(name)
    assert b"/home/" not in content
    assert b"/tmp/" not in content
    assert b"/usr/" not in content

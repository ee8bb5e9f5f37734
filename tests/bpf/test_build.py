"""The committed object is what its source compiles to."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from procwire.bpf.loader import FOLDER, read_object


def test_the_object_is_what_its_source_compiles_to(tmp_path: Path) -> None:
    if not shutil.which("clang") or not shutil.which("llvm-strip"):
        pytest.skip("needs clang and llvm to compile the programs")
    have = subprocess.run(["clang", "--version"], capture_output=True, text=True, check=True).stdout
    pinned = (FOLDER / "compiler.txt").read_text(encoding="ascii").strip()
    if f"clang version {pinned}" not in have:
        pytest.skip(f"the object was compiled by clang {pinned}, here is {have.splitlines()[0]}")
    if not Path("/usr/include/bpf/bpf_helpers.h").exists():
        pytest.skip("needs libbpf-dev to compile the programs")
    subprocess.run([FOLDER / "build.sh", tmp_path], check=True, timeout=60)
    assert (tmp_path / "owners.bpf.o").read_bytes() == read_object("owners"), "make bpf, and commit"


def test_the_object_holds_no_path_of_its_builder() -> None:
    content = read_object("owners")
    assert b"/home/" not in content
    assert b"/tmp/" not in content
    assert b"/usr/" not in content

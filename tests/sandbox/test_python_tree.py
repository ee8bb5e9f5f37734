"""What the interpreter may still open, and that it needs nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.sandbox import python_tree
from tests.cli.program import VECTORS, environment

NEEDS_NOTHING_MORE = """
import sys, json
import procwire.cli.main
from procwire.engine.api import Reading, ReadOptions, Silent
from procwire.sandbox import python_tree

class Heard(Silent):
    def observed(self, flow, observation):
        str(observation)

reading = Reading(ReadOptions(paths=tuple(sys.argv[1:])), Heard())
python_tree.fetch(python_tree.late())
before = set(sys.modules)
reading.run()
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def test_no_module_is_missing_from_the_late_ones() -> None:
    paths = sorted(map(str, VECTORS.glob("*/*.pcap*")))
    done = subprocess.run(
        [sys.executable, "-c", NEEDS_NOTHING_MORE, *paths], env=environment(), capture_output=True, check=True
    )
    assert len(paths) > 50
    assert json.loads(done.stdout) == []


def test_trees_hold_the_library_the_packages_and_ourselves() -> None:
    trees = [Path(tree) for tree in python_tree.trees()]
    for module in (json, pytest, python_tree):
        file = Path(str(module.__file__)).resolve()
        assert any(file.is_relative_to(tree) for tree in trees), file
    assert not any(tree in (Path("/"), Path("/usr"), Path("/etc"), Path.home()) for tree in trees)


def test_shared_objects_lie_where_others_were_loaded_from() -> None:
    found = [Path(path) for path in python_tree.libraries()]
    assert any(any(path.glob("libc.so*")) for path in found)
    assert set(python_tree.readable()) >= {
        *python_tree.trees(),
        *python_tree.libraries(),
        "/usr/share/zoneinfo",
    }


def test_late_names_what_is_installed_and_not_loaded() -> None:
    late = python_tree.late()
    assert not any(name in sys.modules for name in late)
    assert "procwire.dpi.analyzer" in sys.modules or "procwire.dpi.analyzer" in late
    python_tree.fetch(["json", "no_such_module_at_all"])
    assert "no_such_module_at_all" not in sys.modules

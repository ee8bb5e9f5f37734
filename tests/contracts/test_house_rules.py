"""The shape of the house, enforced: sizes, names, pairs of source and test, what pure rooms may not do."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "procwire"
TESTS = ROOT / "tests"

MODULE_LINES = 400
FUNCTION_LINES = 60
USUAL_FUNCTION_LINES = 40
USUAL_SHARE = 0.95
ENGINE_LINES = 1200
ARGUMENTS = 6
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "misc", "base", "util", "helper"}
SANS_IO = (
    "model",
    "packet",
    "flows",
    "dpi",
    "detect",
    "dissection",
    "capture/pcap.py",
    "capture/pcapng.py",
    "netlink/message.py",
    "ledger/tree.py",
    "ledger/chain.py",
    "ledger/note.py",
    "shaping/codec",
    "shaping/correlation.py",
    "shaping/document.py",
    "shaping/impairment.py",
    "shaping/loss.py",
    "shaping/quantities.py",
    "shaping/selection.py",
    "shaping/spelling.py",
    "shaping/target.py",
    "shaping/words.py",
    "shaping/abilities.py",
    "shaping/matching.py",
    "shaping/plan.py",
    "shaping/standing.py",
    "shaping/steps.py",
    "shaping/translation.py",
    "shaping/emulation",
    "shaping/measure/comparison.py",
    "shaping/measure/intervals.py",
    "shaping/comcast.py",
    "shaping/foreign.py",
    "shaping/preset.py",
    "shaping/texts",
    "alerts/formats",
    "egress/contact.py",
    "egress/destination.py",
    "egress/policy.py",
    "egress/verdict.py",
    "egress/learning.py",
    "egress/drift.py",
    "egress/writing.py",
    "bundles/manifest.py",
    "geo/mmdb.py",
    "geo/ranges.py",
)
CLOCKS = {"time", "perf_counter", "monotonic", "time_ns", "now", "utcnow", "today"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tracked(pattern: str) -> list[Path]:
    """Files of the work tree that git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern],
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    found = [ROOT / name for name in listed] or sorted(ROOT.glob(pattern))
    return [path for path in found if path.exists()]


MODULES = [path for path in tracked("src/procwire/**.py") if path.suffix == ".py"]
TEST_FILES = [path for path in tracked("tests/**.py") if path.name.startswith("test_")]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_data(path: Path) -> bool:
    """A table of constants: a module whose name starts with ``_`` and which defines no behaviour of its own.

    Up to three short functions may read the table.
    """
    if not path.stem.startswith("_") or path.stem.startswith("__"):
        return False
    found = list(functions(path))
    return len(found) <= 3 and all(lines_of(function) <= 10 for function in found)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_is_within_its_ceiling(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert is_data(path) or lines <= MODULE_LINES, f"{lines} lines: split along a seam"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_functions_are_within_their_ceilings(path: Path) -> None:
    for function in functions(path):
        assert lines_of(function) <= FUNCTION_LINES, f"{function.name}: {lines_of(function)} lines"
        arguments = function.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        count = len([name for name in names if name not in ("self", "cls")])
        assert count <= ARGUMENTS, f"{function.name}: {count} arguments"


def test_nearly_all_functions_are_short() -> None:
    sizes = [lines_of(function) for path in MODULES for function in functions(path)]
    short = sum(size <= USUAL_FUNCTION_LINES for size in sizes)
    assert short >= USUAL_SHARE * len(sizes), f"{len(sizes) - short} of {len(sizes)} functions over 40 lines"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_says_what_it_is_for(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    docstring = ast.get_docstring(tree_of(path))
    assert docstring, "no docstring"


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "__init__.py"], ids=name_of)
def test_module_has_its_test(path: Path) -> None:
    if is_data(path) or path.name == "__main__.py":
        return
    relative = path.relative_to(SOURCE)
    test = TESTS / relative.parent / f"test_{relative.stem.lstrip('_')}.py"
    assert test.exists(), f"{name_of(test)} is missing"


def test_engine_is_wiring_only() -> None:
    engine = [p for p in MODULES if p.relative_to(SOURCE).parts[0] == "engine"]
    lines = sum(len(p.read_text(encoding="utf-8").splitlines()) for p in engine)
    assert lines <= ENGINE_LINES, f"{lines} lines: a room is missing"


def is_sans_io(path: Path) -> bool:
    relative = str(path.relative_to(SOURCE))
    return any(relative == room or relative.startswith(f"{room}/") for room in SANS_IO)


@pytest.mark.parametrize("path", [p for p in MODULES if is_sans_io(p)], ids=name_of)
def test_pure_rooms_open_no_file_and_read_no_clock(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name):
            assert called.id not in {"open", "print", "input"}, f"line {node.lineno}: {called.id}()"
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            assert not (called.value.id in {"time", "datetime"} and called.attr in CLOCKS), (
                f"line {node.lineno}"
            )


def asserts(function: Function) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in {"raises", "fail"} or name.startswith(("check", "assert_", "expect")):
                return True
    return False


@pytest.mark.parametrize("path", TEST_FILES, ids=name_of)
def test_every_test_asserts(path: Path) -> None:
    tests = [f for f in functions(path) if f.name.startswith("test_")]
    assert tests, "no test in this file"
    for function in tests:
        assert asserts(function), f"{function.name} asserts nothing"


STARTS_WHAT_ITS_USER_NAMES = {"src/procwire/cli/running.py"}  # ``procwire run -- CMD``: CMD, and nothing else


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_program_is_spawned_at_run_time(path: Path) -> None:
    if name_of(path) in STARTS_WHAT_ITS_USER_NAMES:
        return
    for node in ast.walk(tree_of(path)):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        assert not {"subprocess", "pty"} & set(names), f"imports {names}"

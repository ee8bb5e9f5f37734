"""The screens."""

from __future__ import annotations

from pathlib import Path

from procwire.tui import registry
from procwire.tui.registry import SCREENS

INNER = {
    "rows",
    "sheet",
    "flow",
    "records",
    "process",
    "absent",
    "shape_form",
    "scenarios",
}  # reached from a screen, or what screens derive from


def test_every_module_of_a_screen_is_registered() -> None:
    modules = {path.stem for path in Path(registry.__file__).parent.joinpath("views").glob("[a-z]*.py")}
    assert modules - INNER == {entry.module for entry in SCREENS}


def test_keys_and_names_differ() -> None:
    assert len({entry.key for entry in SCREENS}) == len(SCREENS)
    assert len({entry.name for entry in SCREENS}) == len(SCREENS)
    assert all(len(entry.short) <= 4 for entry in SCREENS)

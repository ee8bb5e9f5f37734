"""Protocols of users: those that the documentation shows, described and of a package, and those installed."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from procwire.dpi.user.module import module
from procwire.dpi.user.schema import described
from procwire.extensions import packages
from procwire.extensions.document import Document

EXAMPLES = Path(__file__).parents[3] / "docs" / "adding" / "examples"
EXAMPLE = EXAMPLES / "acme.yaml"
PACKAGED = EXAMPLES / "boiler" / "boiler_procwire" / "protocol.py"


def described_example() -> ModuleType:
    """It as a module."""
    return module(described(Document(EXAMPLE).values))


@cache
def packaged() -> tuple[Any, ...]:
    """The package's module, as it is taken in where it is installed, and those of packages that are."""
    value = "boiler_procwire.protocol"
    spec = spec_from_file_location(value, PACKAGED)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    load = spec.loader.exec_module

    def loaded() -> ModuleType:
        sys.modules[value] = made  # where the types of its fields are looked up
        load(made)
        return made

    found, left = packages.chosen([SimpleNamespace(name="boiler", value=value, load=loaded)], {})
    assert not left, left
    taken = {"boiler": "the documentation", described_example().NAME: "the documentation"}
    return (*found, *packages.modules(taken)[0])


def values(**more: Any) -> dict[str, Any]:
    """A short description, with some of its values replaced."""
    return {
        "name": "box",
        "description": "A box",
        "transports": ["tcp"],
        "match": [{"text": "BOX1"}],
        **more,
    }

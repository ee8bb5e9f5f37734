"""The described protocol that the documentation shows."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

from procwire.dpi.user.module import module
from procwire.dpi.user.schema import described
from procwire.extensions.document import Document

EXAMPLE = Path(__file__).parents[3] / "docs" / "adding" / "examples" / "acme.yaml"


def described_example() -> ModuleType:
    """It as a module."""
    return module(described(Document(EXAMPLE).values))


def values(**more: Any) -> dict[str, Any]:
    """A short description, with some of its values replaced."""
    return {
        "name": "box",
        "description": "A box",
        "transports": ["tcp"],
        "match": [{"text": "BOX1"}],
        **more,
    }

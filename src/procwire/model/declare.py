"""Short words to declare columns with, one for each kind that is common in tables."""

from __future__ import annotations

from typing import Any

from procwire.model.columns import Column, Kind
from procwire.model.getters import Getter


def column(name: str, kind: Kind, doc: str, get: Getter, **more: Any) -> Column:
    """A column of any kind."""
    return Column(name=name, kind=kind, doc=doc, get=get, **more)


def text(name: str, doc: str, get: Getter, **more: Any) -> Column:
    """Text."""
    return column(name, Kind.TEXT, doc, get, **more)


def count(name: str, doc: str, get: Getter, unit: str = "", **more: Any) -> Column:
    """A whole number."""
    return column(name, Kind.INTEGER, doc, get, unit=unit, **more)


def size(name: str, doc: str, get: Getter, **more: Any) -> Column:
    """Bytes."""
    return column(name, Kind.SIZE, doc, get, unit="bytes", **more)


def span(name: str, doc: str, get: Getter, **more: Any) -> Column:
    """A duration, ns inside."""
    return column(name, Kind.DURATION, doc, get, unit="seconds", **more)


def items(name: str, doc: str, get: Getter, **more: Any) -> Column:
    """A list of text."""
    return column(name, Kind.LIST, doc, get, **more)


def truth(name: str, doc: str, get: Getter, **more: Any) -> Column:
    """Yes or no."""
    return column(name, Kind.BOOLEAN, doc, get, **more)

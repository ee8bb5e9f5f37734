"""What goes wrong in this room: one error, and its kinds. Pure."""

from __future__ import annotations


class ShapingError(Exception):
    """An impairment cannot be described, planned or applied; the words say why."""


class InvalidError(ShapingError):
    """A value is out of bounds: ``field`` names it (``egress.loss.burst``), ``reason`` the bound."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason

    def within(self, place: str) -> InvalidError:
        """The same, seen from the thing that the field is a part of."""
        return InvalidError(f"{place}.{self.field}" if self.field else place, self.reason)

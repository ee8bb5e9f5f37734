"""The one error of the room."""

from __future__ import annotations


class GeoError(Exception):
    """A database that cannot be read, in one line."""

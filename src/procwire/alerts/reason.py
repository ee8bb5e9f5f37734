"""The one error of the room."""

from __future__ import annotations


class AlertError(Exception):
    """What cannot be kept or told, in one line."""

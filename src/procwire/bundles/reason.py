"""The one error of the room."""

from __future__ import annotations


class BundleError(Exception):
    """A bundle that cannot be made, trusted or installed, in one line."""

"""The one error of the store."""

from __future__ import annotations


class StoreError(Exception):
    """The store cannot be used: one line that says what and where."""

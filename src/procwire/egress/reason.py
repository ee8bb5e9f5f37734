"""The room's error."""

from __future__ import annotations


class EgressError(Exception):
    """A policy that is none, or cannot be read or written; one line."""

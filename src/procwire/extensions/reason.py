"""Why something from outside cannot be taken in."""

from __future__ import annotations


class ExtensionError(Exception):
    """One line that says where and what: ``file:line: what``."""

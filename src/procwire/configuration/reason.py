"""The errors of what was written down: of files, and of one value."""

from __future__ import annotations


class ConfigurationError(Exception):
    """Lines that say where and what: ``file:line: what``."""


class UnfitError(ValueError):
    """What is wrong with a value, and what would be right. ``place``: which part of it, as a dotted name."""

    def __init__(self, words: object, place: str = "") -> None:
        super().__init__(words)
        self.place = place

"""The one error of what was written down."""

from __future__ import annotations


class ConfigurationError(Exception):
    """Lines that say where and what: ``file:line: what``."""

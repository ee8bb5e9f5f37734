"""procwire: which process talks to whom, in which protocol, live and from recordings.

As a library: ``read`` and ``session`` for recordings, ``watch`` for live traffic; see docs/library.md.
``impair`` makes a network bad for the length of a block; see docs/shaping.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_HOMES = {
    "Event": "library.live",
    "Flow": "library.row",
    "LibraryError": "library.reason",
    "Process": "library.row",
    "Row": "library.row",
    "Session": "library.recording",
    "impair": "shaping.context",
    "read": "library.recording",
    "session": "library.recording",
    "watch": "library.live",
}


def __getattr__(name: str) -> Any:
    """The library is loaded with the first word of it that is used: a command needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'procwire' has no attribute {name!r}")
    return getattr(import_module(f"procwire.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})

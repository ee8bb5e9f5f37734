"""procwire: which process talks to whom, in which protocol, live and from recordings.

As a library: ``read`` and ``session`` for recordings, ``watch`` for live traffic; see docs/library.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
__all__ = [
    "__version__", "Event", "Flow", "LibraryError", "Process", "Row", "Session", "read", "session", "watch",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The library is loaded with the first word of it that is used: a command needs none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'procwire' has no attribute {name!r}")
    return getattr(import_module("procwire.library"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""Regular expressions that are compiled when they are first used.

A run meets a few protocols, and imports the modules of all: their patterns took a sixth of the time that a
command needs to begin. Refuses to check a pattern before it is used: its module's tests use each.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Lazy:
    """A pattern that is not compiled yet. Its methods become the compiled pattern's own at the first use."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._source = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        pattern, flags = self.__dict__["_source"]
        compiled: re.Pattern[Any] = re.compile(pattern, flags)
        for method in ("match", "fullmatch", "search", "finditer", "findall", "sub", "split"):
            self.__dict__[method] = getattr(compiled, method)
        return getattr(compiled, name)


def lazy(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As ``re.compile``, later. For the methods of a pattern alone: ``re.match`` takes no such thing."""
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))

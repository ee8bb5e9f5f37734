"""When something was said whose key came later: what waited is told of at its own time, not at the key's.

Content is tuples of several shapes, nearly all of them read at once; those that are late know when they came.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

T = TypeVar("T", bound=tuple[Any, ...])


class _Late(tuple[Any, ...]):
    at = 0


def late(content: T, at: int) -> T:
    """The same, which was sent at ``at``."""
    made = _Late(content)
    made.at = at
    return cast("T", made)


def sent_at(content: tuple[Any, ...], now: int) -> int:
    """When it was sent: ``now``, where it did not wait."""
    return content.at if type(content) is _Late else now

"""Registered domains: the part of a name that somebody bought, by the public suffix list (publicsuffix.org).

The list comes with the package ``publicsuffixlist`` and is loaded with the first name; nothing is looked up.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _list() -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@lru_cache(maxsize=65_536)
def registered(name: str) -> str:
    """``example.co.uk`` of ``a.b.example.co.uk``; empty for a suffix itself and for what is no name."""
    return _list().privatesuffix(name) or "" if "." in name else ""

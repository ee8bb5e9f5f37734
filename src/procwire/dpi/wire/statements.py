"""Statements in SQL and the like, safe to print, on one line, without the passwords that some carry.

CREATE USER, IDENTIFIED BY and their kin have them in clear; those are masked here. Refuses to know any one
server's grammar: a quoted text behind a telling word is taken for a secret.
"""

from __future__ import annotations

import re

from procwire.dpi.wire.text import bounded
from procwire.model.patterns import lazy

MASK = "***"
MAX_STATEMENT = 512  # characters of a statement

_QUOTED = r"""(?:'(?:[^'\\]|''|\\.){0,500}(?:'|$)|"(?:[^"\\]|""|\\.){0,500}(?:"|$))"""
_SECRET = lazy(
    r"""(\b(?:password|passwd|pwd|secret|identified\s+(?:with\s+\S{1,64}\s+)?(?:by|as)|password_hash)\b"""
    rf"""(?:\s*\(\s*|\s*=\s*|\s+to\s+|\s+)(?:n(?=['"]))?)({_QUOTED})""",
    re.IGNORECASE | re.DOTALL,
)
_VERBS = lazy(
    rb"\s*(?:/\*.{0,200}?\*/\s*)?\(?(?:select|insert|update|delete|replace|begin|commit|rollback|set|show|with|copy|create"
    rb"|alter|drop|truncate|explain|analyze|call|do|values|start|end|savepoint|release|lock|use|prepare|execute"
    rb"|deallocate|declare|fetch|close|listen|notify|discard|vacuum|desc|describe)\b",
    re.IGNORECASE | re.DOTALL,
)
MAX_VERB = 220  # bytes within which a statement shows its verb


def begins(data: bytes) -> bool:
    """Whether this is the start of a statement, by its verb."""
    return _VERBS.match(data) is not None


def statement(data: bytes | str) -> str:
    """A statement on one line, without the secrets in it."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    text = " ".join(text[: MAX_STATEMENT * 2].split())
    return bounded(_SECRET.sub(rf"\1{MASK}", text), MAX_STATEMENT)

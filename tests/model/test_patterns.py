"""A lazy pattern does what a compiled one does, and is compiled once."""

from __future__ import annotations

import re
from typing import Any

import pytest

from procwire.model.patterns import lazy


def test_as_the_compiled_one() -> None:
    late, now = (
        lazy(r"(\d+)-(?P<word>[a-z]+)", re.IGNORECASE),
        re.compile(r"(\d+)-(?P<word>[a-z]+)", re.IGNORECASE),
    )
    for text in ("12-AB", "x 3-c y", "none", "", "1-a,2-b"):
        for method in ("match", "fullmatch", "search"):
            one, other = getattr(late, method)(text), getattr(now, method)(text)
            assert (one and one.groups()) == (other and other.groups())
        assert late.findall(text) == now.findall(text)
        assert [each.span() for each in late.finditer(text)] == [each.span() for each in now.finditer(text)]
        assert late.sub("_", text) == now.sub("_", text)
        assert late.split(text) == now.split(text)
    assert (late.pattern, late.flags, late.groups) == (now.pattern, now.flags, now.groups)


def test_compiled_at_the_first_use_and_then_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[object] = []
    real = re.compile

    def counted(*words: Any) -> Any:
        compiled.append(words)
        return real(*words)

    monkeypatch.setattr(re, "compile", counted)
    late = lazy(b"[0-9]+")
    assert compiled == []
    assert late.match(b"12")
    assert late.search(b"a1")
    assert len(compiled) == 1


def test_what_is_wrong_is_said_at_the_first_use() -> None:
    late = lazy("(")
    with pytest.raises(re.error):
        late.match("x")
    with pytest.raises(AttributeError):
        getattr(lazy("a"), "unknown")  # noqa: B009 - mypy knows that it is not there

"""Places and registered domains, as rows ask for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from procwire.extensions.places import Placed
from procwire.geo import book


@pytest.fixture(autouse=True)
def forgotten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(book, "USUAL", ())
    yield
    book.learn([])


def test_known_where_they_were_asked_for() -> None:
    placed = Placed()
    book.learn([])
    assert (placed.domain("www.example.co.uk"), placed.place("10.0.0.1").range) == ("", "")
    book.learn([], labels=True)
    assert (placed.domain("www.example.co.uk"), placed.place("10.0.0.1").range) == (
        "example.co.uk",
        "private",
    )
    assert placed.domain("") == ""

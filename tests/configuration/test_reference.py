"""docs/reference/configuration.md is what the declarations make it."""

from __future__ import annotations

from tools import reference

from procwire.configuration.keys import KEYS


def test_the_page_is_up_to_date_and_whole() -> None:
    page = reference.keys_page(KEYS)
    assert reference.KEYS_PAGE.read_text(encoding="utf-8") == page, "run: make docs"
    for key in KEYS:
        assert f"| `{key.name}` |" in page

"""docs/reference/columns.md is what the declarations make it."""

from __future__ import annotations

from tools import reference

from procwire.model.tables import CORE


def test_the_page_is_up_to_date() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(CORE), (
        "run: PYTHONPATH=src python tools/reference.py"
    )
    assert reference.main(["--check"]) == 0


def test_every_column_is_on_it() -> None:
    page = reference.page(CORE)
    for table in CORE:
        assert f"## {table.name}\n" in page
        for column in table:
            assert f"| `{column.name}` | {column.kind.value} |" in page

"""Pages that name a test for each thing they promise: all of these are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
DOCS = TESTS.parent / "docs"
PAGES = {  # how many are named at least
    "bpf": 50, "decryption": 40, "evidence": 60, "history": 30, "sandbox": 40, "shaping": 80,
}  # fmt: skip
NAMED = re.compile(r"`([a-z0-9_/]+\.py)::(test_\w+)`")


def named(page: Path) -> list[tuple[str, str]]:
    return NAMED.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", PAGES)
def test_the_table_of_tests_stands(name: str) -> None:
    assert len(named(DOCS / f"{name}.md")) > PAGES[name]


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.stem)
def test_every_test_that_is_named_is_there(page: Path) -> None:
    missing = [
        f"{path}::{name}"
        for path, name in named(page)
        if not re.search(rf"^def {name}\(", (TESTS / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert not missing

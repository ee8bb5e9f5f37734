"""Every field of a source is a column, or says why there is none."""

from __future__ import annotations

import pytest

from procwire.extensions.sigma._sources import SOURCES, Source
from tests.detect.test_rule import TABLES


@pytest.mark.parametrize("source", [source for _, source in SOURCES], ids=lambda source: source.table)
def test_fields_are_columns(source: Source) -> None:
    known = {column.name for column in TABLES[source.table]}
    for name, field in source.fields.items():
        assert name == name.lower()
        assert field.column in known or (not field.column and field.why), name
    assert set(source.sample) <= known
    assert set(source.keywords) <= known

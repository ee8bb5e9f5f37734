"""Formats by their names."""

from __future__ import annotations

import json

import pytest

from procwire.alerts.formats.registry import FORMATS, format_of
from procwire.alerts.reason import AlertError
from tests.alerts.samples import BARE, FULL


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_one_line(name: str) -> None:
    made = format_of(name)
    for alert in (FULL, BARE):
        line = made.encode(alert)
        assert line
        assert b"\n" not in line
        assert not made.is_json or json.loads(line)


def test_a_name_that_is_none() -> None:
    with pytest.raises(AlertError, match="no format is called 'xml'; there are json"):
        format_of("xml")

"""What the limits of protocols bound."""

from __future__ import annotations

import pytest

from procwire.cli.limits import explained, meanings
from procwire.engine import catalogue


@pytest.mark.parametrize("name", [row.name for row in catalogue.protocols()])
def test_every_limit_says_what_it_bounds(name: str) -> None:
    told = explained(name)
    assert set(told.meanings) == set(told.limits), name


def test_words_of_the_module_and_of_what_it_shares() -> None:
    assert meanings("ftp_data", ["MAX_NOWHERE"]) == {}
    assert meanings("cassandra", ["MAX_PREPARED", "MAX_VERB"]) == {
        "MAX_PREPARED": "statements remembered by their id",
        "MAX_VERB": "bytes within which a statement shows its verb",
    }


def test_of_a_protocol_without_source_nothing_is_said() -> None:
    assert meanings("no_such", ["MAX_LINE"]) == {}

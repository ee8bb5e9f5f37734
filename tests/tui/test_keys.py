"""Keys, declared once."""

from __future__ import annotations

import pytest

from procwire.tui import keys
from procwire.tui.registry import SCREENS, Entry


@pytest.mark.parametrize("entry", SCREENS, ids=lambda entry: entry.name)
def test_no_key_means_two_things_on_a_screen(entry: Entry) -> None:
    view = entry.make()
    own = [name for key in view.KEYS for name in key.keys]
    around = [name for key in (*keys.GLOBAL, *keys.TIME) for name in key.keys]
    around += [each.key for each in SCREENS]
    assert len(own) == len(set(own))
    assert not set(own) & set(around)


def test_keys_are_named_as_people_write_them() -> None:
    assert keys.name_of("ctrl+d") == "^d"
    assert keys.name_of("slash") == "/"
    assert keys.Key(keys=("g", "home"), action="top", words="first").named == "g home"


def test_what_is_shown_has_a_short_name() -> None:
    assert ("?", "help") in [each[:2] for each in keys.clickable(keys.GLOBAL)]
    assert all(short and "press" in action for _, short, action in keys.clickable(keys.ROWS))


def test_bindings_carry_all_keys() -> None:
    found = keys.bindings(keys.MOVING)
    assert found[0].key == "j,down"


def test_time_has_keys_where_there_is_some() -> None:
    assert set(keys.TIME) <= set(keys.of(rows=False, timed=True))
    assert not set(keys.TIME) & set(keys.of(rows=True, timed=False))

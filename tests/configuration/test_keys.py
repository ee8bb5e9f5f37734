"""Keys and the options that they stand for: neither without the other."""

from __future__ import annotations

import argparse

import pytest

from procwire.cli.main import parser
from procwire.cli.settling import commands_of
from procwire.configuration.checking import checked
from procwire.configuration.keys import KEYS, Key


def action_of(command: str, key: Key) -> argparse.Action:
    own = commands_of(parser())[command]
    return next(action for action in own._actions if action.dest == key.dest)


PLACES = [(command, key) for key in KEYS for command in key.commands if key.option]


@pytest.mark.parametrize(("command", "key"), PLACES, ids=[f"{c}-{k.name}" for c, k in PLACES])
def test_a_key_stands_for_an_option(command: str, key: Key) -> None:
    action = action_of(command, key)
    assert key.option in action.option_strings
    assert set(key.choices) == set(action.choices or ())
    if key.name != "store.enabled":  # --store has a directory as its value
        default = checked(key, key.default)
        assert (key.turn(default) if key.turn else default) == action.default


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
def test_a_key_says_what_it_is(key: Key) -> None:
    assert key.doc.endswith(".")
    assert key.name == f"{key.section}.{key.word}"
    assert key.variable.startswith("PROCWIRE_")


def test_names_come_once() -> None:
    assert len({key.name for key in KEYS}) == len({key.variable for key in KEYS}) == len(KEYS)

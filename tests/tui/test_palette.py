"""Themes have the same roles."""

from __future__ import annotations

import pytest

from procwire.tui import palette


@pytest.mark.parametrize("name", palette.NAMES)
def test_every_theme_has_every_role(name: str) -> None:
    assert set(palette.PALETTES[name]) == set(palette.PALETTES[palette.DARK])
    assert palette.DOCS[name]
    assert palette.TEXTUAL[name]


def test_without_colour_there_is_none() -> None:
    for style in palette.PALETTES[palette.MONO].values():
        assert style.color is None or style.color.is_default
        assert style.bgcolor is None


def test_sixteen_colours_are_the_terminals_own() -> None:
    for name in (palette.ANSI, palette.ANSI_LIGHT):
        for style in palette.PALETTES[name].values():
            assert style.color is None or style.color.triplet is None

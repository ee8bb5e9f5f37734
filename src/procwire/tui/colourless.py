"""No colour at all where the theme has none (https://no-color.org).

With NO_COLOR Textual turns what has no colour of its own into black, which cannot be read on a dark
terminal; and a list to choose from has a border in the colour of its own theme.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import App
from textual.filter import LineFilter, Monochrome, NoColor

from procwire.tui import palette


class Colourless(App[int]):
    """An app with a theme of this program, named by ``look``."""

    look = palette.DARK

    def get_line_filters(self) -> Sequence[LineFilter]:
        """See App."""
        found = [each for each in super().get_line_filters() if not isinstance(each, Monochrome | NoColor)]
        return [*found, NoColor()] if self.look == palette.MONO else found

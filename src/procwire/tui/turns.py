"""Keys one after the other: what is typed behind a key that opens a line to type on goes to that line.

Textual hands a key to the widget that has the focus, which looks at it when its turn comes; the keys behind
it, that came in the same burst (over SSH, from a fast hand), are handed out meanwhile, to the same widget.
"""

from __future__ import annotations

from textual import events
from textual.app import App
from textual.widgets import Input

LEADS = frozenset({"slash", "colon", "question_mark", "i", "c", "o", "v", "z", "T"})


class InTurn(App[int]):
    """An app in which these keys have done all that they do before the next one is looked at."""

    async def on_event(self, event: events.Event) -> None:
        """See App."""
        leads = isinstance(event, events.Key) and not event.is_forwarded and event.key in LEADS
        if leads and isinstance(event, events.Key) and not isinstance(self.focused, Input):
            self.app_focus = True
            if await self._check_bindings(event.key):
                return
        await super().on_event(event)

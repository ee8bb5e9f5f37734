"""The middle of the window: one screen, and those below it that back leads to."""

from __future__ import annotations

from textual.containers import Container

from procwire.tui.registry import SCREENS
from procwire.tui.view import View


class Body(Container):
    """Screens of the tabs are made once and kept; others go when they are left."""

    def __init__(self) -> None:
        super().__init__(id="body")
        self.stack: list[View] = []
        self._named: dict[str, View] = {}

    @property
    def view(self) -> View | None:
        """The screen that is seen."""
        return self.stack[-1] if self.stack else None

    @property
    def base(self) -> str:
        """The name of the first screen below it."""
        return self.stack[0].NAME if self.stack else SCREENS[0].name

    def named(self, name: str) -> View | None:
        """A screen of the tabs; None for a name that is none."""
        entry = next((each for each in SCREENS if each.name == name), None)
        if entry is None:
            return None
        if name not in self._named:
            self._named[name] = entry.make()
        return self._named[name]

    async def enter(self, view: View, *, keep: bool) -> None:
        """Show a screen; with ``keep``, back leads to the one that is seen now."""
        for other in self.stack:
            other.display = False
        if not keep:
            for other in self.stack:
                if other is not view:
                    await self._leave(other)
            self.stack.clear()
        if view in self.stack:
            self.stack.remove(view)
        self.stack.append(view)
        if not view.is_attached:
            await self.mount(view)
        view.display = True
        self.take_keys(view)

    async def undo(self) -> bool:
        """One step back within a screen, or to the one below; False where there is none."""
        view = self.view
        if view is None or view.back():
            return view is not None
        if len(self.stack) < 2:
            return False
        self.stack.pop()
        await self._leave(view)
        below = self.stack[-1]
        below.display = True
        self.take_keys(below)
        below.reload()
        return True

    def take_keys(self, view: View) -> None:
        """The keys go to this screen."""
        target = view.target()
        if target is not None:
            target.screen.set_focus(target)  # at once: the next key is for it

    async def _leave(self, view: View) -> None:
        view.display = False
        if view not in self._named.values():
            await view.remove()

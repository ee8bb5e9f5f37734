"""What every screen is: a part of the window with a name, keys, words for the help, and rows to fetch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.widget import Widget

from procwire.model.columns import Table
from procwire.tui.host import HostError
from procwire.tui.keys import Key, bindings

if TYPE_CHECKING:
    from procwire.tui.app import Terminal


class View(Vertical):
    """One screen. ``load`` fetches what is seen, and is called again while it is; never while it is not."""

    NAME: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    SHORT: ClassVar[str] = ""  # its title where there is little room
    DOC: ClassVar[str] = ""  # what it shows, for the help
    KEYS: ClassVar[tuple[Key, ...]] = ()
    DEFAULT_CSS = "View { height: 1fr; width: 1fr; }"

    if TYPE_CHECKING:
        app: Terminal

    def __init_subclass__(cls, **words: Any) -> None:
        """The declared keys are the bindings."""
        cls.BINDINGS = [*bindings(cls.KEYS)]
        super().__init_subclass__(**words)

    async def load(self) -> None:
        """Fetch and show. Raises HostError, which ``refuse`` then shows."""

    def on_resize(self) -> None:
        """Another size may need other rows, and other lines."""
        if self.app.view is self:
            self.reload()

    def refuse(self, error: HostError) -> None:
        """Say why there is nothing to show, and what would enable it."""

    def target(self) -> Widget | None:
        """What has the keys."""
        return None

    def table(self) -> Table | None:
        """The table that a filter of this screen is about; None: it takes no filter."""
        return None

    def filtered(self, text: str) -> None:
        """Another filter was written."""

    @property
    def filter_text(self) -> str:
        """The filter in use."""
        return ""

    def caption(self) -> Sequence[tuple[str, str]]:
        """What the line above says: text and role."""
        return ()

    def back(self) -> bool:
        """Undo something of its own (a fold, a filter); False where there is nothing to undo."""
        return False

    def subject(self) -> dict[str, Any]:
        """What is under the cursor, as column -> value."""
        return {}

    def reload(self) -> None:
        """Fetch soon, because something was asked for."""
        self.app.fetch(self)


def refusal(error: HostError) -> str:
    """A host's refusal as lines."""
    lines = ["This cannot be shown:", f"  {error}"]
    if error.remedy:
        lines += ["", "What would enable it:", f"  {error.remedy}"]
    return "\n".join(lines)

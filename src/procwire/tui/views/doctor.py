"""Doctor: what this machine allows, each answer tried; and what to do about what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from procwire.tui.keys import Key
from procwire.tui.page import Line
from procwire.tui.views.rows import COLUMNS_KEY, FILTER_KEY, ORDER_KEY, RowsView


class DoctorView(RowsView):
    """The table ``check``."""

    NAME = "doctor"
    TITLE = "Doctor"
    TABLE = "check"
    KEY = ("name",)
    ORDER = ""
    DESCENDING = False
    DOC = (
        "Whether this machine allows what procwire does: capture, owners, kernel programs, the sandbox. Each "
        "answer was tried, not guessed. Where something is missing, the column remedy says what would help."
    )
    KEYS: ClassVar[tuple[Key, ...]] = (FILTER_KEY, ORDER_KEY, COLUMNS_KEY)

    def line(self, values: Mapping[str, Any]) -> Line:
        """A check with its sign."""
        sign = {"ok": " ", "degraded": "!", "missing": "x"}.get(str(values.get("status")), " ")
        return Line(key=values.get("name"), values=values, gutter=sign)

"""The one error of the filter language: what is wrong, where, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable

from procwire.model.values import clean

WINDOW = 72  # characters of the filter shown around the fault


class FilterError(ValueError):
    """A filter that cannot be used. ``at`` and ``length`` mark the place in ``text``, in characters."""

    def __init__(self, message: str, text: str, at: int = 0, length: int = 1, hint: str = "") -> None:
        self.message = message
        self.text = text
        self.at = max(0, min(at, len(text)))
        self.length = max(1, length)
        self.hint = hint
        super().__init__(message)

    def __str__(self) -> str:
        """The message, the filter with a caret under the fault, and the hint where there is one."""
        start = max(0, self.at - WINDOW // 2)
        shown = self.text[start : start + WINDOW]
        lead = "..." if start else ""
        before = clean(shown[: self.at - start])
        marked = clean(shown[self.at - start : self.at - start + self.length])
        after = clean(shown[self.at - start + self.length :])
        tail = "..." if start + WINDOW < len(self.text) else ""
        carets = "^" * max(1, len(marked))
        lines = [
            f"filter: {clean(self.message)}",
            f"  {lead}{before}{marked}{after}{tail}",
            f"  {' ' * (len(lead) + len(before))}{carets}",
        ]
        if self.hint:
            lines.append(f"  {clean(self.hint)}")
        return "\n".join(lines)


def nearest(word: str, names: Iterable[str]) -> str:
    """``did you mean ...?`` with the nearest names, or an empty string."""
    from difflib import get_close_matches  # for what is wrong alone

    near = get_close_matches(word.lower()[:64], sorted(set(names)), n=3, cutoff=0.6)
    return f"did you mean {' or '.join(near)}?" if near else ""

"""Plain values of a file, each with the line that it stands in. Pure."""

from __future__ import annotations

from typing import Any

from procwire.shaping.failure import InvalidError, ShapingError

Place = tuple[str | int, ...]
MAX_BYTES = 4 << 20


class FileError(ShapingError):
    """What is wrong with a file, and in which line."""

    def __init__(self, name: str, line: int, words: str) -> None:
        super().__init__(f"{name}:{line}: {words}")
        self.name = name
        self.line = line
        self.words = words


class Located:
    """``values`` of a file called ``name``; ``lines`` of every key and element."""

    def __init__(self, name: str, values: Any, lines: dict[Place, int]) -> None:
        self.name = name
        self.values = values
        self._lines = lines

    def line(self, place: Place) -> int:
        """Where something stands, or the nearest thing around it that is known."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def error(self, place: Place, words: str) -> FileError:
        """What is wrong at a place."""
        return FileError(self.name, self.line(place), words)

    def wrong(self, place: Place, error: InvalidError) -> FileError:
        """A value that was refused; its field is looked for below the place."""
        inner = tuple(error.field.split("."))
        for form in (inner, tuple(part.replace("-", "_") for part in inner)):
            if (*place, *form) in self._lines:
                return self.error((*place, *form), str(error))
            if (*place, form[-1]) in self._lines:
                return self.error((*place, form[-1]), str(error))
        return self.error(place, str(error))

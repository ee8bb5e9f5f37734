"""One YAML document as plain values, each with the line that it stands in.

Takes mappings, lists, text, whole numbers and truth values. Refuses tags, anchors, keys that come twice, and
what is too large: a file of a few lines must not become a million values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from procwire.configuration.reason import ConfigurationError

MAX_FILE_BYTES = 64 * 1024
MAX_NODES = 4096
MAX_DEPTH = 8

_Place = tuple[str | int, ...]


class Document:
    """``values`` of a file, and where they stand; of ``text`` where it was read already. Raises FAULT."""

    FAULT: type[Exception] = ConfigurationError

    def __init__(
        self,
        path: Path,
        *,
        most_bytes: int = MAX_FILE_BYTES,
        most_nodes: int = MAX_NODES,
        text: str | None = None,
    ) -> None:
        self.path = path
        self._most_nodes = most_nodes
        self._lines: dict[_Place, int] = {}
        self._nodes = 0
        text = self._read(path, most_bytes) if text is None else text
        try:
            loader = yaml.SafeLoader(text)
            node = loader.get_single_node()
            self.values = None if node is None else self._value(loader, node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self._error(mark.line + 1 if mark else 1, error.problem or "not YAML") from None
        except yaml.YAMLError as error:
            raise self._error(1, f"not YAML: {' '.join(str(error).split())}") from None
        except RecursionError:
            raise self._error(1, "values within values are too deep") from None

    def error(self, place: _Place, words: str) -> Exception:
        """What is wrong at a place, or at the nearest one around it that there is."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._error(self._lines.get(place, 1), words)

    def _error(self, line: int, words: str) -> Exception:
        return self.FAULT(f"{self.path}:{line}: {words}")

    def _value(self, loader: yaml.SafeLoader, node: yaml.Node, place: _Place) -> Any:
        self._nodes += 1
        self._lines.setdefault(place, node.start_mark.line + 1)
        if self._nodes > self._most_nodes or len(place) > MAX_DEPTH:
            raise self.error(place, "too many values, or too deep")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(loader, node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(loader, one, (*place, n)) for n, one in enumerate(node.value)]
        try:
            value = loader.construct_object(node)
        except ValueError as error:
            raise self.error(place, str(error)) from None
        if value is not None and not isinstance(value, str | int):
            raise self.error(place, f"{node.value!r} is no text or whole number (quote it)")
        return value

    def _mapping(self, loader: yaml.SafeLoader, node: yaml.MappingNode, place: _Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in node.value:
            key = name.value if isinstance(name, yaml.ScalarNode) else None
            line = name.start_mark.line + 1
            if not isinstance(key, str) or key in found:
                raise self._error(line, "a key must be text" if key is None else f"{key!r} comes twice")
            self._lines[(*place, key)] = line
            found[key] = self._value(loader, value, (*place, key))
        return found

    def _read(self, path: Path, most_bytes: int) -> str:
        try:
            if not path.is_file():
                raise self.FAULT(f"{path}:1: not a regular file")
            with path.open("rb") as file:
                data = file.read(most_bytes + 1)
        except OSError as error:
            raise self.FAULT(f"{path}:1: {error.strerror or error}") from None
        if len(data) > most_bytes:
            raise self.FAULT(f"{path}:1: larger than {most_bytes} bytes")
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise self.FAULT(f"{path}:{line}: not UTF-8") from None

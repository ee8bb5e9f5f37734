"""Files of Sigma rules to files of ours: each rule becomes one, or is named with the reason why it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from procwire.extensions.reason import ExtensionError
from procwire.extensions.rules import files
from procwire.extensions.sigma.detection import NOTHING, Placeholders
from procwire.extensions.sigma.making import Found, Making
from procwire.extensions.sigma.translation import ident_of
from procwire.hunting.wall import Wall
from procwire.model.columns import Table
from procwire.model.imported import REFUSED, ImportRow

MAX_FILE_BYTES = 256 * 1024
MAX_RULES = 10_000


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a file of a few lines must not become a million values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken")
        return super().compose_node(parent, index)


def imported(
    paths: Sequence[str], tables: Mapping[str, Table], placeholders: Placeholders = NOTHING
) -> list[Found]:
    """Every rule of the files, in order. Raises ExtensionError for a place that cannot be read."""
    found = [one for path in paths for file in files(path) for one in _read(file)]
    if len(found) > MAX_RULES:
        raise ExtensionError(f"{len(found)} rules, at most {MAX_RULES} are taken")
    _named_apart(found)
    with Wall(tables) as wall:
        making = Making(tables, wall, placeholders)
        making.take([one for one in found if one.row.outcome != REFUSED])
    return found


def placeholders_of(path: Path) -> Placeholders:
    """A file of placeholders: of each name its values. Raises ExtensionError."""
    try:
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (a safe loader)
    except OSError as error:
        raise ExtensionError(f"{path}: {error.strerror or error}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ExtensionError(f"{path}: not YAML: {' '.join(str(error).split())[:120]}") from None
    if not isinstance(said, dict):
        raise ExtensionError(f"{path}: a mapping of placeholders to their values is wanted")
    listed = {str(name): value if isinstance(value, list) else [value] for name, value in said.items()}
    for name, values in listed.items():
        if not values or not all(isinstance(value, str | int) for value in values):
            raise ExtensionError(f"{path}: {name}: texts or numbers are wanted")
    return listed


def write(found: Iterable[Found], directory: Path) -> int:
    """Write what was made, a file each, whole or not at all; how many. Raises ExtensionError."""
    count = 0
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for one in found:
            if one.made is None:
                continue
            path = directory / f"{one.ident}.yaml"
            aside = path.with_suffix(".new")
            aside.write_text(_text(one), encoding="utf-8")
            aside.replace(path)
            count += 1
    except OSError as error:
        raise ExtensionError(f"{directory}: {error.strerror or error}") from None
    return count


def _text(one: Found) -> str:
    head = f"# From {Path(one.file).name}, a Sigma rule under the Detection Rule License 1.1.\n"
    return head + yaml.safe_dump(one.made, sort_keys=False, allow_unicode=True, width=110)


def _read(path: Path) -> Iterator[Found]:
    def refused(words: str, kind: str) -> Found:
        row = ImportRow(file=str(path), outcome=REFUSED, kind=kind, reason=words)
        return Found(file=str(path), ident=path.stem, values={}, row=row)

    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            yield refused(f"larger than {MAX_FILE_BYTES} bytes", "file too large")
            return
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Loader))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        yield refused(f"not YAML: {' '.join(str(error).split())[:120]}", "not YAML")
        return
    except OSError as error:
        raise ExtensionError(f"{path}: {error.strerror or error}") from None
    rules = [one for one in documents if isinstance(one, dict) and one.get("action") != "global"]
    for number, values in enumerate(rules, 1):
        ident = ident_of(values, path.stem if len(rules) == 1 else f"{path.stem}-{number}")
        row = ImportRow(file=str(path), title=str(values.get("title") or ""))
        yield Found(file=str(path), ident=ident, values=values, row=row)


def _named_apart(found: Iterable[Found]) -> None:
    seen: dict[str, int] = {}
    for one in found:
        seen[one.ident] = count = seen.get(one.ident, 0) + 1
        if count > 1:
            one.ident = f"{one.ident}-{count}"

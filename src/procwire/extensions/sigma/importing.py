"""Files of Sigma rules to files of ours: each rule becomes one, or is named with the reason why it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from procwire.detect.fields import MAX_TESTS, RuleError
from procwire.detect.rule import described
from procwire.detect.windowed import MAX_REPEAT, REPEAT
from procwire.extensions.reason import ExtensionError
from procwire.extensions.rules import files
from procwire.extensions.sigma.correlation import Correlating
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import Meant, document, ident_of, meant, proofs
from procwire.hunting.wall import Wall
from procwire.model.columns import Table
from procwire.model.imported import IMPORTED, REFUSED, ImportRow

MAX_FILE_BYTES = 256 * 1024
MAX_RULES = 10_000
STEP = "1s"  # between rows of rules that are to come in order


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a file of a few lines must not become a million values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken")
        return super().compose_node(parent, index)


class Found(msgspec.Struct, kw_only=True):
    """One rule of a file. ``made``: the document that it became."""

    file: str
    ident: str
    values: dict[str, Any]
    row: ImportRow
    made: dict[str, Any] | None = None


def imported(paths: Sequence[str], tables: Mapping[str, Table]) -> list[Found]:
    """Every rule of the files, in order. Raises ExtensionError for a place that cannot be read."""
    found = [one for path in paths for file in files(path) for one in _read(file)]
    if len(found) > MAX_RULES:
        raise ExtensionError(f"{len(found)} rules, at most {MAX_RULES} are taken")
    _named_apart(found)
    known: dict[str, Meant] = {}
    with Wall(tables) as wall:
        importer = _Importer(tables, wall, known)
        for one in found:
            if "correlation" not in one.values:
                importer.take(one, importer.single)
        for one in found:
            if "correlation" in one.values:
                importer.take(one, importer.correlated)
    return found


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


class _Importer:
    def __init__(self, tables: Mapping[str, Table], wall: Wall, known: dict[str, Meant]) -> None:
        self._tables, self._wall, self._known = tables, wall, known
        self._proofs: dict[int, dict[str, Any]] = {}

    def take(self, one: Found, make: Any) -> None:
        """Make a rule of it, and prove it; or note why not."""
        if one.row.outcome == REFUSED:
            return
        try:
            made = document(one.values, one.ident) | make(one.values)
            rule = described(made, self._tables, wall=self._wall)
        except SigmaError as error:
            kind, reason = error.kind, str(error)
        except RuleError as error:
            kind, reason = "refused as a rule", str(error)
        else:
            one.made = made
            one.row = msgspec.structs.replace(one.row, outcome=IMPORTED, rule=one.ident, table=rule.table)
            return
        one.row = msgspec.structs.replace(one.row, outcome=REFUSED, kind=kind, reason=reason)

    def single(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A rule over single rows."""
        rule = meant(values, self._tables)
        tests = proofs(rule, self._tables)
        self._proofs[id(rule)] = tests["fires"][0]
        for name in (rule.ident, rule.name):
            if name:
                self._known[name] = rule
        return {"sql": rule.sql, "tests": tests}

    def correlated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """A rule over windows of others."""
        said = values["correlation"]
        if not isinstance(said, dict):
            raise SigmaError("its correlation is no mapping", "correlation")
        names = said.get("rules") or []
        rules = [self._named(str(name)) for name in (names if isinstance(names, list) else [names])]
        if not rules:
            raise SigmaError("it correlates no rules", "correlation")
        made = Correlating(said, rules, self._tables).made()
        return {
            "sql": made.sql, "window": f"{made.seconds}s", "dedup": list(made.keys),
            "tests": {"fires": [self._fires(rules, made.least, said)], "silent": [{rules[0].table: []}]},
        }  # fmt: skip

    def _named(self, name: str) -> Meant:
        rule = self._known.get(name)
        if rule is None:
            words = f"the rule {name!r} is not among these, or cannot run"
            raise SigmaError(words, "rule of a correlation is missing")
        return rule

    def _fires(self, rules: Sequence[Meant], least: int, said: Mapping[str, Any]) -> dict[str, Any]:
        """Rows of each rule: so many of the first, or one of each, a moment apart."""
        if not 0 < least <= MAX_REPEAT:
            raise SigmaError(
                f"it needs {least} rows, at most {MAX_REPEAT} are tried", "correlation too large"
            )
        kind = str(said.get("type"))
        if kind == "event_count":
            return {rules[0].table: [dict(self._proofs[id(rules[0])], **{REPEAT: least})]}
        if kind == "value_count":
            return {rules[0].table: self._different(rules[0], least, said)}
        found: dict[str, Any] = {}
        for rule in rules:
            found.setdefault(rule.table, []).append(dict(self._proofs[id(rule)]))
        return found

    def _different(self, rule: Meant, least: int, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows with other values in the field that is counted."""
        if least > MAX_TESTS:
            raise SigmaError(
                f"it needs {least} values, at most {MAX_TESTS} are tried", "correlation too large"
            )
        field = said.get("condition", {}).get("field")
        column = rule.reading.mapped(str(field[0] if isinstance(field, list) else field)).column
        row = self._proofs[id(rule)]
        if isinstance(row.get(column), int):
            return [row | {column: number} for number in range(1, least + 1)]
        return [row | {column: f"198.51.100.{number}"} for number in range(1, least + 1)]

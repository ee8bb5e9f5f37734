"""Sigma rules that were read to documents of ours: rules over single rows first, then what correlates them;
filters with the rules that they are for. Or the reason why one cannot be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from procwire.detect.fields import RuleError
from procwire.detect.rule import described
from procwire.detect.windowed import rows_in
from procwire.extensions.sigma.correlation import Correlating, Correlation
from procwire.extensions.sigma.detection import NOTHING, Placeholders, source_of
from procwire.extensions.sigma.proving import Case, Proving
from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import Meant, document, meant, proofs
from procwire.hunting.wall import Wall
from procwire.model.columns import Table
from procwire.model.imported import IMPORTED, PARTLY, REFUSED, ImportRow

ANY = "any"  # a filter for every rule of its log source
PART = " It tells nothing by itself, as a part of a correlation that does not generate it."


class Found(msgspec.Struct, kw_only=True):
    """One rule of a file. ``made``: the document that it became."""

    file: str
    ident: str
    values: dict[str, Any]
    row: ImportRow
    made: dict[str, Any] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """By which others speak of it."""
        return tuple(str(self.values[key]) for key in ("id", "name") if self.values.get(key))


class Making:
    """``placeholders``: their values. ``wall``: what queries are tried at."""

    def __init__(self, tables: Mapping[str, Table], wall: Wall, placeholders: Placeholders = NOTHING) -> None:
        self._tables, self._wall, self._placeholders = tables, wall, placeholders
        self._known: dict[str, Meant | Correlation] = {}
        self._found: dict[str, Found] = {}
        self._proofs: dict[int, dict[str, Any]] = {}
        self._filters: list[Found] = []
        self._left_out: tuple[str, ...] = ()

    def take(self, found: Sequence[Found]) -> None:
        """Make rules of them, and prove each; or note why not."""
        self._found = {name: one for one in found for name in one.names}
        self._filters = [one for one in found if "filter" in one.values]
        correlations = [one for one in found if "correlation" in one.values]
        for one in found:
            if one not in correlations and one not in self._filters:
                self._take(one, self._single)
        for one in _inner_first(correlations):
            self._take(one, self._correlated)
        for one in self._filters:
            self._note(one)
        for one in correlations:
            if one.made is not None and one.values["correlation"].get("generate") is not True:
                self._silence(one)

    def _take(self, one: Found, make: Callable[[Found], dict[str, Any]]) -> None:
        self._left_out = ()
        try:
            more = make(one)
            made = document(one.values, one.ident, self._left_out) | more
            rule = described(made, self._tables, wall=self._wall)
        except SigmaError as error:
            kind, reason = error.kind, str(error)
        except RuleError as error:
            kind, reason = "refused as a rule", str(error)
        else:
            one.made = made
            one.row = msgspec.structs.replace(
                one.row, outcome=PARTLY if self._left_out else IMPORTED, rule=one.ident, table=rule.table,
                reason="; ".join(self._left_out),
            )  # fmt: skip
            return
        one.row = msgspec.structs.replace(one.row, outcome=REFUSED, kind=kind, reason=reason)

    # What each kind of document becomes.

    def _single(self, one: Found) -> dict[str, Any]:
        """A rule over single rows."""
        filters = [filtering.values["filter"] for filtering in self._filters if _meets(filtering, one)]
        rule = meant(one.values, self._tables, placeholders=self._placeholders, filters=filters)
        tests = proofs(rule, self._tables)
        self._proofs[id(rule)] = tests["fires"][0]
        self._known |= dict.fromkeys(one.names, rule)
        self._left_out = rule.reading.left_out
        return {"sql": rule.sql, "tests": tests}

    def _correlated(self, one: Found) -> dict[str, Any]:
        """A rule over windows of others."""
        said = one.values["correlation"]
        if not isinstance(said, dict):
            raise SigmaError("its correlation is no mapping", "correlation")
        rules = [self._named(name) for name in _listed(said.get("rules"))]
        if not rules:
            raise SigmaError("it correlates no rules", "correlation")
        made = Correlating(said, rules, self._tables).made(
            name=str(one.values.get("name") or ""), ident=str(one.values.get("id") or "")
        )
        self._wall_check(made.sql)
        fires = self._first(made)
        self._known |= dict.fromkeys(one.names, made)
        parts = (rule.reading.left_out for rule in rules if isinstance(rule, Meant))
        self._left_out = tuple(dict.fromkeys(word for part in parts for word in part))
        return {
            "sql": made.sql, "window": f"{made.seconds}s", "dedup": list(made.keys),
            "tests": {"fires": [fires], "silent": [{next(iter(fires)): []}]},
        }  # fmt: skip

    def _named(self, name: str) -> Meant | Correlation:
        rule = self._known.get(name)
        if rule is None:
            words = f"the rule {name!r} is not among these, or cannot run"
            raise SigmaError(words, "rule of a correlation is missing")
        return rule

    def _wall_check(self, sql: str) -> None:
        try:
            self._wall.check(sql)
        except ValueError as error:
            raise SigmaError(f"its query is refused: {error}", "query refused") from None

    def _first(self, made: Correlation) -> Case:
        """The first of the cases in which it finds something. Raises SigmaError."""
        for case in Proving(self._proofs, self._tables).cases(made):
            try:
                rows = rows_in(case, self._tables)
                if self._wall.answers(made.sql, rows):
                    return case
            except ValueError as error:
                raise SigmaError(f"its query is refused: {error}", "query refused") from None
        raise SigmaError("no rows were found that it matches", "no row found that it matches")

    # What is no rule by itself.

    def _note(self, one: Found) -> None:
        """What became of a filter: nothing but what its rules became."""
        said = one.values["filter"]
        names = [other for other in self._found.values() if _meets(one, other) and other.made is not None]
        if not isinstance(said, dict) or not names:
            reason = "none of the rules that it is for is among these, or can run"
            one.row = msgspec.structs.replace(
                one.row, outcome=REFUSED, kind="filter of no rule", reason=reason
            )
            return
        idents = sorted({other.ident for other in names})
        one.row = msgspec.structs.replace(one.row, outcome=IMPORTED, rule=", ".join(idents))

    def _silence(self, one: Found) -> None:
        """Rules that only a correlation speaks for are kept, and off (specification, Generate)."""
        for name in _listed(one.values["correlation"].get("rules")):
            part = self._found[name]
            if part.made is not None and part.made["state"] != "disabled":
                part.made["state"] = "disabled"
                part.made["description"] += PART


def _listed(said: Any) -> list[str]:
    return [str(one) for one in (said if isinstance(said, list) else [said] if said else [])]


def _inner_first(found: Iterable[Found]) -> list[Found]:
    """Correlations, those that others name before these; of a circle, in order."""
    waiting, sorted_ = list(found), []
    while waiting:
        named = {name for one in waiting for name in one.names}
        ready = [one for one in waiting if not named & set(_rules_of(one))] or waiting
        sorted_ += ready
        waiting = [one for one in waiting if one not in ready]
    return sorted_


def _rules_of(one: Found) -> list[str]:
    said = one.values["correlation"]
    return _listed(said.get("rules")) if isinstance(said, dict) else []


def _meets(filtering: Found, one: Found) -> bool:
    """Whether a filter is for a rule."""
    said = filtering.values["filter"]
    if not isinstance(said, dict) or "detection" not in one.values:
        return False
    if said.get("rules") != ANY:
        return bool(set(_listed(said.get("rules"))) & set(one.names))
    try:
        sources = [source_of(each.values.get("logsource") or {}) for each in (filtering, one)]
    except (SigmaError, AttributeError):
        return False
    return sources[0] is sources[1]

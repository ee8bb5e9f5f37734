"""``procwire rules test``: rules asked of what was stored, or of a recording stored for that alone."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from procwire.cli.history import moment
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.hunting.trial import tried
from procwire.model.columns import Table
from procwire.model.process import FROM_FILE
from procwire.model.rule_tests import TrialRow
from procwire.store.contents import contents
from procwire.store.keeping import Keeper
from procwire.store.place import store_file
from procwire.store.reason import StoreError
from procwire.store.writer import Writer


def over_store(arguments: argparse.Namespace, rules: Sequence[Any]) -> list[TrialRow]:
    """Each rule over what was stored. Raises EngineError."""
    now = time.time_ns()
    since = moment(arguments.since, now) or 0
    return _asked(rules, store_file(arguments.store), since, now)


def over_file(arguments: argparse.Namespace, rules: Sequence[Any]) -> list[TrialRow]:
    """Each rule over a capture file. Raises EngineError."""
    with tempfile.TemporaryDirectory(prefix="procwire-") as folder:
        path = Path(folder, "history.db")
        with Writer(path, contents(api.tables()), command="rules", patient=True) as writer:
            keeper = Keeper(writer)
            reading = api.Reading(api.ReadOptions(paths=(arguments.file,), workers=1), _Stored(keeper))
            keeper.context = api.Context(reading.source.interfaces, unowned=FROM_FILE)
            reading.run()
        rows = _asked(rules, path, 0, 1 << 62)
    for row in rows:
        if reading.error is not None:
            row.problem = row.problem or str(reading.error)
    return rows


class _Stored(api.Silent):
    """Tells a keeper alone."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper

    def observed(self, flow: Any, observation: Any) -> None:
        """See Listener."""
        self._keeper.observed(flow, observation)

    def ended(self, flow: Any) -> None:
        """See Listener."""
        self._keeper.ended(flow)


def _asked(rules: Sequence[Any], store: Path, since: int, until: int) -> list[TrialRow]:
    tables: Mapping[str, Table] = {table.name: table for table in contents(api.tables())}
    found = []
    for rule in rules:
        try:
            found.append(tried(rule, tables, store, since, until))
        except StoreError as error:
            if not store.is_file():
                raise EngineError(str(error)) from None
            found.append(
                TrialRow(
                    rule=rule.id,
                    severity=rule.severity,
                    state=rule.state,
                    table=rule.table,
                    problem=str(error),
                )
            )
    return found

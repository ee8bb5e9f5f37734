"""What people do with an outbox: list, show, acknowledge, suppress, try again what is dead."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from procwire.alerts.body import unpack
from procwire.alerts.file import open_outbox
from procwire.alerts.outbox import ACKNOWLEDGED, DEAD, NEW, SUPPRESSED, WAITING
from procwire.alerts.reason import AlertError
from procwire.model.alert import AlertRow, DeliveryRow
from procwire.store.file import transaction

LEAST_DIGITS = 4  # of an id that stands for the whole one
_STATE = (
    "CASE WHEN a.state != 'new' THEN a.state "
    "WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.alert = a.id AND d.state = 'dead') THEN 'dead' "
    "WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.alert = a.id AND d.state = 'waiting') THEN 'new' "
    "ELSE 'delivered' END"
)
_TOLD = (
    "(SELECT group_concat(DISTINCT d.sink) FROM delivery d WHERE d.alert = a.id AND d.state = 'delivered')"
)
STATES = ("new", "delivered", ACKNOWLEDGED, SUPPRESSED, "held", DEAD)


class Review:
    """A context manager. Raises AlertError where there is no outbox."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_outbox(path, make=False)

    def __enter__(self) -> Review:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def alerts(self, *, states: Sequence[str] = (), most: int = 1000) -> Iterator[AlertRow]:
        """The newest first; of these states, or all."""
        marks = ",".join("?" * len(states))
        where = f"WHERE state IN ({marks})" if states else ""
        yield from map(_row, self._asked(
            f"SELECT * FROM (SELECT a.body, a.made, a.updated, a.count, {_STATE} AS state, a.why, {_TOLD} "  # noqa: S608
            f"FROM alert a ORDER BY a.id DESC) {where} LIMIT ?", (*states, most),
        ))  # fmt: skip

    def deliveries(self, *, states: Sequence[str] = (), alert_id: str = "") -> list[DeliveryRow]:
        """Of one alert or all, the oldest first."""
        marks = ",".join("?" * len(states))
        where = [f"d.state IN ({marks})"] if states else []
        values: list[Any] = list(states)
        if alert_id:
            where.append("a.alert_id = ?")
            values.append(alert_id)
        clause = f"WHERE {' AND '.join(where)}" if where else ""
        found = self._asked(
            "SELECT a.alert_id, a.detector, d.sink, d.round, d.state, d.attempts, d.since, d.due, d.done, "  # noqa: S608
            f"d.error FROM delivery d JOIN alert a ON a.id = d.alert {clause} "
            "ORDER BY d.alert, d.sink, d.round LIMIT 10000", values,
        )  # fmt: skip
        names = DeliveryRow.__struct_fields__
        return [DeliveryRow(**dict(zip(names, row, strict=True))) for row in found]

    def one(self, word: str) -> AlertRow:
        """The alert whose id begins so. Raises AlertError for none or several."""
        found = self._asked(
            f"SELECT a.body, a.made, a.updated, a.count, {_STATE}, a.why, {_TOLD} "  # noqa: S608
            "FROM alert a WHERE a.id = ?", (self._number(word),),
        )  # fmt: skip
        return _row(found[0])

    def acknowledge(self, word: str, note: str) -> None:
        """Somebody has seen it: the same counts as new when it comes again."""
        self._set(self._number(word), ACKNOWLEDGED, note)

    def suppress(self, word: str, note: str, *, until: int) -> None:
        """It and all of the same are not told until then; they are kept, and counted."""
        number = self._number(word)
        with self._writing():
            self._connection.execute(
                "INSERT OR REPLACE INTO suppression SELECT same, ?, ? FROM alert WHERE id = ?",
                (until, note, number),
            )
            self._connection.execute("DELETE FROM delivery WHERE alert = ? AND state = 'waiting'", (number,))
            self._connection.execute(
                "UPDATE alert SET state = ?, why = ?, until = min(until, updated) WHERE id = ?",
                (SUPPRESSED, note, number),
            )

    def again(self, words: Sequence[str], *, now: int) -> int:
        """Dead deliveries of these alerts, or of all where none is named, are tried again; how many."""
        numbers = [self._number(word) for word in words]
        with self._writing():
            where = f"AND alert IN ({','.join('?' * len(numbers))})" if numbers else ""
            cursor = self._connection.execute(
                "UPDATE delivery SET state = ?, attempts = 0, since = ?, due = ?, error = '' "  # noqa: S608
                f"WHERE state = ? {where}", (WAITING, now, now, DEAD, *numbers),
            )  # fmt: skip
        return cursor.rowcount

    # Inner steps.

    def _set(self, number: int, state: str, note: str) -> None:
        with self._writing():
            self._connection.execute(
                "UPDATE alert SET state = ?, why = ? WHERE id = ?", (state, note, number)
            )

    def _number(self, word: str) -> int:
        if len(word) < LEAST_DIGITS or not set(word) <= set("0123456789abcdef"):
            raise AlertError(f"{word!r} is no id: at least {LEAST_DIGITS} of its hex digits")
        found = self._asked("SELECT id FROM alert WHERE alert_id GLOB ? LIMIT 2", (f"{word}*",))
        if len(found) != 1:
            raise AlertError(f"{'several alerts have ids' if found else 'no alert has an id'} like {word}")
        return int(found[0][0])

    def _asked(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise AlertError(f"{self.path}: {error}") from None

    def _writing(self) -> transaction:
        return transaction(self._connection)


def _row(row: tuple[Any, ...]) -> AlertRow:
    body, made, updated, count, state, why, told = row
    alert = msgspec.structs.replace(unpack(body), count=count)
    sinks = tuple(sorted(str(told).split(","))) if told else ()
    return AlertRow(alert=alert, made=made, updated=updated, state=state, why=why, told=sinks)


__all__ = ["NEW", "STATES", "Review"]

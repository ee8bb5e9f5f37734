"""The outbox: an alert is on the disk before anybody is told, and stays until every sink has it.

States of an alert: new, acknowledged, suppressed (by an operator, or by what one suppressed before), held
(kept and not told by itself: too many, or a maintenance window). Of each delivery, to one sink: waiting,
delivered, dead. The same within the window counts up the alert that is there, and is told once more with its
count when the window is over. ``now`` is ns since 1970, everywhere.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from procwire import __version__
from procwire.alerts import policy
from procwire.alerts.body import pack, rank, summary, unpack
from procwire.alerts.file import open_outbox
from procwire.alerts.formats.fields import sound
from procwire.alerts.reason import AlertError
from procwire.alerts.windows import Window, covering
from procwire.model.alert import Alert, Fact
from procwire.model.finding import Finding
from procwire.model.sink import DELIVERED, LATER, Result
from procwire.model.values import SECOND, duration_text
from procwire.store.file import transaction

NEW, ACKNOWLEDGED, SUPPRESSED, HELD = "new", "acknowledged", "suppressed", "held"
WAITING, DEAD = "waiting", "dead"  # and DELIVERED
RATE, MAINTENANCE = "rate", "maintenance"
MOST_AT_ONCE = 100  # follow-ups of one tick
MOST_REPEATS = 10_000  # alerts whose repeats wait to be written
MAX_ERROR = 300
_EVICTED = "evicted before they were delivered"

Tell = Callable[[dict[str, Any]], None]

_SAME = (
    "SELECT id, state FROM alert WHERE same = ? AND until > ? AND made <= ? AND state != 'acknowledged' "
    "ORDER BY id DESC LIMIT 1"
)
# Oldest first: what everybody has, then what is dead, then whatever is oldest.
_VICTIMS = (
    "SELECT id FROM alert a WHERE summed = 1 AND NOT EXISTS "
    "(SELECT 1 FROM delivery d WHERE d.alert = a.id AND d.state != 'delivered') ORDER BY id LIMIT ?",
    "SELECT id FROM alert a WHERE NOT EXISTS "
    "(SELECT 1 FROM delivery d WHERE d.alert = a.id AND d.state = 'waiting') ORDER BY id LIMIT ?",
    "SELECT id FROM alert ORDER BY id LIMIT ?",
)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What an outbox keeps to."""

    window_ns: int = 300 * SECOND  # in which the same counts as one
    rate: int = 60  # alerts told in rate_ns
    rate_ns: int = 60 * SECOND
    keep: int = 100_000  # alerts
    give_up_ns: int = 86_400 * SECOND  # a delivery that does not succeed in so long is dead
    maintenance: tuple[Window, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery that is due. ``key`` is the same whenever it is tried: who gets it twice can tell."""

    row: int
    sink: str
    round: int
    attempts: int
    since: int
    alert: Alert

    @property
    def key(self) -> str:
        """Of this alert, this sink, and this time of telling."""
        return f"{self.alert.id}-{self.sink}-{self.round}"


class Outbox:
    """``sinks``: where new alerts go, each with the least severity that it wants. Raises AlertError.

    ``tell`` hears what became of alerts: delivered, dead, suppressed, held back (summed up), evicted.
    """

    def __init__(
        self,
        path: Path,
        sinks: Mapping[str, str],
        rules: Rules | None = None,
        *,
        host: str = "",
        tell: Tell | None = None,
    ) -> None:
        self.path = path
        self._tell: Tell = tell or (lambda _: None)
        self.rules = rules or Rules()
        self._sinks = dict(sinks)
        self._host = host
        self._rate = policy.Rate(self.rules.rate, self.rules.rate_ns)
        self._repeats: dict[int, int] = {}
        self._connection = open_outbox(path)
        self._orphans()
        (self._count,) = self._one("SELECT count(*) FROM alert")

    def close(self) -> None:
        """Write what waits, and let go."""
        with contextlib.suppress(AlertError):
            self._flush_repeats()
        self._connection.close()

    def enqueue(self, finding: Finding, facts: Mapping[str, Fact] | None = None, *, now: int) -> str:
        """Keep it, on the disk when this returns; what became of it: new, again, held or suppressed.

        Raises AlertError where it cannot be kept: a full disk.
        """
        same = policy.same(finding)
        try:
            found = self._connection.execute(_SAME, (same, now, now)).fetchone()
            if found is not None:
                self._repeats[found[0]] = self._repeats.get(found[0], 0) + 1
                if len(self._repeats) > MOST_REPEATS:
                    self._flush_repeats(now)
                return "again" if found[1] != SUPPRESSED else SUPPRESSED
            state, why = self._fate(finding, same, now)
            with transaction(self._connection):
                made = self._insert(finding, facts or {}, same, (state, why), now)
                if self._count >= self.rules.keep:
                    self._evict()
        except sqlite3.Error as error:
            raise AlertError(f"{self.path}: {error}") from None
        self._count += 1
        if state == SUPPRESSED:
            self._tell({"fate": SUPPRESSED, "alert": made, "detector": finding.detector, "why": why})
        return state

    def tick(self, now: int) -> None:
        """Write repeats; tell again what came more often; tell what was held back. Raises AlertError."""
        self._flush_repeats(now)
        try:
            for row, count in self._all(
                "SELECT id, count FROM alert WHERE count > told AND until <= ? AND state = 'new' LIMIT ?",
                now, MOST_AT_ONCE,
            ):  # fmt: skip
                with transaction(self._connection):
                    self._tell_again(row, count, now)
            for why in (RATE, MAINTENANCE):
                self._sum_up(why, now)
        except sqlite3.Error as error:
            raise AlertError(f"{self.path}: {error}") from None

    def due(self, sink: str, *, now: int, most: int) -> list[Job]:
        """The oldest deliveries to a sink whose time has come. Raises AlertError."""
        try:
            rows = self._all(
                "SELECT d.alert, d.round, d.attempts, d.since, d.count, a.body FROM delivery d "
                "JOIN alert a ON a.id = d.alert WHERE d.sink = ? AND d.state = 'waiting' "
                "AND (d.due <= ? OR d.due > ?) ORDER BY d.due, d.alert LIMIT ?",
                # What is due later than anything ever is: a clock was set back.
                sink, now, now + 2 * policy.LONGEST_WAIT_NS, most,
            )  # fmt: skip
        except sqlite3.Error as error:
            raise AlertError(f"{self.path}: {error}") from None
        return [
            Job(row=row, sink=sink, round=rounds, attempts=attempts, since=since,
                alert=msgspec.structs.replace(unpack(body), count=count, again=rounds > 0))
            for row, rounds, attempts, since, count, body in rows
        ]  # fmt: skip

    def settle(self, fates: Iterable[tuple[Job, Result]], *, now: int, draw: Callable[[], float]) -> None:
        """What came of jobs, in one step. ``draw``: chance for the jitter of what is tried later.

        Raises AlertError; then all of them are still due, under the same keys.
        """
        settled = [(job, self._fate_of(job, result, now, draw)) for job, result in fates]
        rows = [(*fate, job.row, job.sink, job.round) for job, fate in settled]
        self._mark(
            "UPDATE delivery SET attempts = attempts + 1, state = ?, due = ?, done = ?, error = ? "
            "WHERE alert = ? AND sink = ? AND round = ? AND state = 'waiting'",
            rows,
        )
        for job, (state, _, _, reason) in settled:
            if state != WAITING:
                self._tell({
                    "fate": state, "alert": job.alert.id, "sink": job.sink, "round": job.round,
                    "detector": job.alert.finding.detector, "attempts": job.attempts + 1, "why": reason,
                })  # fmt: skip

    @property
    def waiting(self) -> int:
        """Deliveries that are still to be made."""
        return int(self._one("SELECT count(*) FROM delivery WHERE state = 'waiting'")[0])

    @property
    def evicted(self) -> int:
        """Alerts that had to go before every sink had them, ever."""
        found = self._connection.execute("SELECT value FROM tally WHERE name = ?", (_EVICTED,)).fetchone()
        return 0 if found is None else int(found[0])

    # Inner steps.

    def _fate_of(
        self, job: Job, result: Result, now: int, draw: Callable[[], float]
    ) -> tuple[str, int, int, str]:
        """State, when it is due, when it was over, and what went wrong."""
        reason = result.reason[:MAX_ERROR]
        if result.state == DELIVERED:
            return DELIVERED, now, now, ""
        if result.state != LATER:
            return DEAD, now, now, reason
        if now - job.since >= self.rules.give_up_ns:
            return DEAD, now, now, f"given up: {reason}"
        pause = max(result.wait_ns, policy.wait(job.attempts + 1, draw()))
        return WAITING, now + min(pause, policy.LONGEST_WAIT_NS), 0, reason

    def _fate(self, finding: Finding, same: str, now: int) -> tuple[str, str]:
        found = self._connection.execute(
            "SELECT note FROM suppression WHERE same = ? AND until > ?", (same, now)
        ).fetchone()
        if found is not None:
            return SUPPRESSED, str(found[0])
        window = covering(self.rules.maintenance, now)
        if window is not None:
            return HELD, MAINTENANCE
        if not self._rate.allows(finding.severity, now):
            return HELD, RATE
        return NEW, ""

    def _insert(
        self, finding: Finding, facts: Mapping[str, Fact], same: str, fate: tuple[str, str], now: int
    ) -> str:
        """Its id."""
        state, why = fate
        alert = Alert(
            id=secrets.token_hex(16), finding=finding, host=self._host, version=__version__, facts=dict(facts)
        )
        cursor = self._connection.execute(
            "INSERT INTO alert (alert_id, made, updated, same, severity, detector, state, why, summed, "
            "count, told, until, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1, ?, ?)",
            (
                alert.id, now, now, same, finding.severity, sound(finding.detector), state, why,
                state != HELD, now + self.rules.window_ns, pack(alert),
            ),
        )  # fmt: skip
        if state == NEW:
            self._address(int(cursor.lastrowid or 0), 0, (finding.severity, 1), now)
        return alert.id

    def _address(self, row: int, rounds: int, what: tuple[str, int], now: int) -> None:
        severity, count = what
        self._connection.executemany(
            "INSERT INTO delivery VALUES (?, ?, ?, ?, 'waiting', 0, ?, ?, 0, '')",
            [
                (row, sink, rounds, count, now, now)
                for sink, least in self._sinks.items()
                if rank(severity) >= rank(least)
            ],
        )

    def _tell_again(self, row: int, count: int, now: int) -> None:
        severity, rounds = self._one(
            "SELECT severity, (SELECT coalesce(max(round), 0) FROM delivery WHERE alert = id) FROM alert "
            "WHERE id = ?", row,
        )  # fmt: skip
        self._address(row, rounds + 1, (severity, count), now)
        self._connection.execute("UPDATE alert SET told = ? WHERE id = ?", (count, row))

    def _sum_up(self, why: str, now: int) -> None:
        """One alert for all that were held back, once the minute or the window is over."""
        (first,) = self._one("SELECT min(made) FROM alert WHERE summed = 0 AND why = ?", why)
        if first is None:
            return
        over = covering(self.rules.maintenance, now) is None if why == MAINTENANCE else True
        if not over or (why == RATE and 0 <= now - first < self.rules.rate_ns):
            return
        held = self._all(
            "SELECT detector, sum(count), max(severity = 'critical'), max(severity = 'high') FROM alert "
            "WHERE summed = 0 AND why = ? GROUP BY detector ORDER BY 2 DESC", why,
        )  # fmt: skip
        limit = f"the limit of {self.rules.rate} in {duration_text(self.rules.rate_ns)}"
        told = summary(limit if why == RATE else "a maintenance window", held, first=first, now=now)
        with transaction(self._connection):
            self._connection.execute("UPDATE alert SET summed = 1 WHERE summed = 0 AND why = ?", (why,))
            made = self._insert(told, {}, f"{why} {now}", (NEW, ""), now)
        self._count += 1
        alerts = {str(detector): int(count) for detector, count, *_ in held[:MOST_AT_ONCE]}
        self._tell({"fate": HELD, "why": why, "since": first, "alerts": alerts, "told_in": made})

    def _evict(self) -> None:
        """A hundredth at once, so that looking for them is seldom; inside a transaction."""
        wanted = max(1, self.rules.keep // 100)
        for n, victims in enumerate(_VICTIMS):
            rows = [row for (row,) in self._all(victims, wanted)]
            self._connection.executemany("DELETE FROM alert WHERE id = ?", [(row,) for row in rows])
            self._count -= len(rows)
            wanted -= len(rows)
            if n == len(_VICTIMS) - 1 and rows:
                self._connection.execute(
                    "INSERT INTO tally VALUES (?, ?) "
                    "ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                    (_EVICTED, len(rows)),
                )
                self._tell({"fate": "evicted", "why": _EVICTED, "alerts": len(rows)})
            if wanted <= 0:
                return

    def _flush_repeats(self, now: int = 0) -> None:
        if not self._repeats:
            return
        self._mark(
            "UPDATE alert SET count = count + ?, updated = max(updated, ?) WHERE id = ?",
            [(count, now, row) for row, count in self._repeats.items()],
        )
        self._repeats.clear()

    def _orphans(self) -> None:
        """Deliveries to sinks that are configured no more cannot succeed: they are dead, not lost."""
        marks = ",".join("?" * len(self._sinks))
        self._mark(
            "UPDATE delivery SET state = 'dead', error = 'no such sink is configured any more' "  # noqa: S608
            f"WHERE state = 'waiting' AND sink NOT IN ({marks})",
            [tuple(self._sinks)],
        )

    def _mark(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            with transaction(self._connection):
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise AlertError(f"{self.path}: {error}") from None

    def _one(self, statement: str, *values: object) -> tuple[Any, ...]:
        found: tuple[Any, ...] = self._connection.execute(statement, values).fetchone()
        return found

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

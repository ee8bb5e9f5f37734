"""What rules cost: a thousand at once beside each by itself, and a window over a million stored rows.

Rules are made as Sigma's are: a program's end, pieces of its command line, some with exceptions. Events are
command lines of a busy host, of which few match. Both ways must find the same. Figures are processor time;
the ratio is of one call. ``python -m bench.rules [--rules N] [--events N] [--rows N]``
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procwire.detect.index import Index
from procwire.detect.single import Match, single
from procwire.dpi.registry import registry
from procwire.hunting.hunter import LIMITS
from procwire.model.lives import LIVES, LifeRow
from procwire.store.asking import Limits, Questions
from procwire.store.contents import contents
from procwire.store.file import open_file, ready, transaction
from procwire.store.schema import insert

PROGRAMS = (
    "bash", "curl", "python3", "systemctl", "ssh", "tar", "base64", "nc", "crontab", "chmod", "find", "git",
)  # fmt: skip
WORDS = ("-c", "--user", "/etc/shadow", "/tmp/", "http://", "-o", "|", "base64 -d", "/dev/tcp/", "install",
         "status", "LD_PRELOAD", "nohup", "/var/www/", "chattr", "iptables", "useradd", ".ssh/", "insmod",
         "history")  # fmt: skip
WINDOW_SECONDS = 600
START = 1_767_225_600 * 10**9
COUNTED = "SELECT src, count(*) AS n FROM dns WHERE rcode = 'nxdomain' GROUP BY src HAVING n > 20"


def made(draw: random.Random, number: int) -> Match:
    """A rule like those of others."""
    word = f"{draw.choice(WORDS)}{draw.randint(0, 999)}"
    parts = [f"exe LIKE '%/{draw.choice(PROGRAMS)}{draw.choice(['', number])}'", f"cmdline LIKE '%{word}%'"]
    if draw.random() < 0.4:
        parts.append(f"(cmdline LIKE '%{draw.choice(WORDS)}%' OR cmdline LIKE '% {draw.choice(WORDS)}')")
    if draw.random() < 0.2:
        parts.append(f"NOT coalesce(parent_exe LIKE '%/{draw.choice(PROGRAMS)}', 0)")
    query = f"SELECT * FROM process_event WHERE action = 'exec' AND {' AND '.join(parts)}"
    return single(query, {LIVES.name: LIVES})


def event(draw: random.Random) -> LifeRow:
    """A program that is started."""
    program = draw.choice(PROGRAMS)
    words = " ".join(f"{draw.choice(WORDS)}{draw.randint(0, 999)}" for _ in range(draw.randint(1, 12)))
    return LifeRow(time=START, action="exec", pid=7, exe=f"/usr/bin/{program}", cmdline=f"{program} {words}",
                   parent_exe="/usr/bin/bash")  # fmt: skip


def spent(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor seconds, and what came of it."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def singles(count: int, events: int) -> None:
    """A thousand rules over single rows."""
    draw = random.Random(1)
    rules = [made(draw, number) for number in range(count)]
    rows = [event(draw) for _ in range(events)]
    index = Index([rule.needs for rule in rules], LIVES)
    for row in rows[:20]:
        index.candidates(row)

    def together() -> list[tuple[int, int]]:
        return [
            (at, number)
            for at, row in enumerate(rows)
            for number in index.candidates(row)
            if rules[number].matches(row)
        ]

    def alone() -> list[tuple[int, int]]:
        return [
            (at, number)
            for at, row in enumerate(rows)
            for number, rule in enumerate(rules)
            if rule.matches(row)
        ]

    quick, found = spent(together)
    slow, wanted = spent(alone)
    assert found == wanted, "the two ways differ"
    print(f"{count} rules over {events} events, {len(found)} hits")
    print(f"  together     {quick / events * 1e6:8.1f} us an event")
    print(f"  each alone   {slow / events * 1e6:8.1f} us an event")
    print(f"  ratio        {slow / quick:8.1f}")


def window(rows: int) -> None:
    """One rule over a window of many stored rows."""
    table = next(one for one in contents(registry().tables()) if one.name == "dns")
    names = [column.name for column in table]
    places = {name: place for place, name in enumerate(("run", "stored_at", *names))}
    draw = random.Random(2)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "history.db")
        connection = open_file(path)
        with transaction(connection):
            ready(connection, table)
            filled = (places["run"], places["stored_at"], places["time"], places["src"], places["rcode"])
            every = 86_400 * 10**9 // rows
            connection.executemany(
                insert(table, filled),
                (
                    (1, START, START + at * every, f"10.0.0.{draw.randint(1, 200)}", "nxdomain")
                    for at in range(rows)
                ),
            )
        connection.close()
        with Questions((table,), store=path, live={}, limits=LIMITS) as questions:
            end = START + 80_000 * 10**9
            questions.bounds = (end - WINDOW_SECONDS * 10**9, end)
            plan = questions.explain(COUNTED)
            taken, found = spent(lambda: list(questions.ask(COUNTED).rows))
        with Questions((table,), store=path, live={}, limits=Limits(seconds=60)) as questions:
            whole, _ = spent(lambda: list(questions.ask(COUNTED).rows))
    print(f"a window of {WINDOW_SECONDS} s over {rows:,} rows of a day, {len(found)} answers")
    print(f"  by the index {taken * 1e3:8.1f} ms ({plan[0]})")
    print(f"  all rows     {whole * 1e3:8.1f} ms")


def main() -> None:
    """Both."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rules", type=int, default=1000)
    words.add_argument("--events", type=int, default=500)
    words.add_argument("--rows", type=int, default=1_000_000)
    asked = words.parse_args()
    singles(asked.rules, asked.events)
    window(asked.rows)


if __name__ == "__main__":
    main()

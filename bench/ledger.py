"""What the ledger costs: appends grouped and synced one by one, verifying, one proof; beside plain writing.

The limit in the same call is a file that the same bytes are written to, with as many ``fdatasync``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from procwire.ledger import book, verify

NOW = 1_767_323_045_000_000_000
BODY = {"rule": "new-listener", "process": "/usr/sbin/nginx", "remote": "192.0.2.7:443", "severity": "medium"}
GROUP = 200


def plainly(path: Path, line: bytes, count: int, group: int) -> float:
    """Seconds to write ``count`` lines, with a sync after each ``group``."""
    held = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    begun = time.perf_counter()
    for _ in range(count // group):
        os.write(held, line * group)
        os.fdatasync(held)
    took = time.perf_counter() - begun
    os.close(held)
    return took


def appending(held: book.Book, count: int, group: int) -> float:
    """Seconds to append ``count`` records, with a sync after each ``group``."""
    begun = time.perf_counter()
    for number in range(count):
        held.append("finding", BODY, now=NOW + number)
        if number % group == group - 1:
            held.sync()
    return time.perf_counter() - begun


def timed(what: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun


@contextmanager
def ledger(directory: Path) -> Iterator[book.Book]:
    """A new one, closed in the end."""
    held = book.create(directory, "procwire/bench", hashed="sha256", now=NOW)
    try:
        yield held
    finally:
        held.close()


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--records", type=int, default=1_000_000)
    options.add_argument(
        "--directory", type=Path, help="where to write (default: the system's temporary one)"
    )
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.directory) as name:
        measured(Path(name), asked.records)


def measured(directory: Path, records: int) -> None:
    """One line a figure."""
    with ledger(directory / "ledger") as held:
        grouped = appending(held, records, GROUP)
        line = held.line(1) + b"\n"
        plain = plainly(directory / "plain", line, records, GROUP)
        print(f"grouped by {GROUP}: {records / grouped:,.0f} appends/s, plain file {records / plain:,.0f}/s")
        count = min(records, 10_000)
        single, plain = appending(held, count, 1), plainly(directory / "plain", line, count, 1)
        print(f"synced each: {count / single:,.0f} appends/s, plain file {count / plain:,.0f}/s")
        held.checkpoint(now=NOW)
        proof = sum(timed(lambda n=n: held.tree.inclusion(n * 7919 % records)) for n in range(100)) / 100  # type: ignore[misc]
        print(f"a proof among {held.size:,}: {1000 * proof:.3f} ms")
    took = timed(lambda: verify.Check(directory / "ledger").run())
    size = (directory / "ledger" / book.RECORDS).stat().st_size
    print(f"verify: {records + count:,} records, {size / 1e6:,.0f} MB in {took:.2f} s")


if __name__ == "__main__":
    main()

"""``procwire query``: SQL over what was stored and what is now."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.history import add_forms, add_place, dated, tables, told
from procwire.cli.operating import recorded
from procwire.cli.output.choice import writer
from procwire.cli.present import OF_A_DAEMON, Host
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.model.columns import Table
from procwire.model.socket_tables import SOCKETS
from procwire.model.store_tables import LOSSES, RUNS
from procwire.store.asking import HEAP_BYTES, Answer, Limits, QueryError, Questions
from procwire.store.contents import contents
from procwire.store.functions import FUNCTIONS
from procwire.store.keeping import Keeper
from procwire.store.place import store_file
from procwire.store.reader import Reader, Window
from procwire.store.reason import StoreError
from procwire.store.views import VIEWS
from procwire.store.writer import Writer

EPILOG = """\
Tables without a schema are those of the store, but for process, socket and interface, which are read from
this host at the moment of the question (live.process and so on); store.process is what was stored. A running
procwire daemon is asked for flow_now, observation_now, finding_now, accounting_now, health and traffic;
accounting and store.traffic have a row of each interface a minute. Times are ns since 1970, durations ns,
sizes bytes, lists JSON arrays (json_each). Words that SQL has itself are quoted: "group", "to". Further
functions: within(address, '10.0.0.0/8'), text REGEXP 'pattern', ago('2h'), moment('2026-01-31'),
span('80ms'), octets('1MB'), rfc3339(time), fold(text).

examples:
  procwire query "SELECT process, sum(bytes) FROM flow WHERE last > ago('2h') GROUP BY 1 ORDER BY 2 DESC"
  procwire query "SELECT s.process, s.dst, p.exe FROM socket s JOIN process p USING (pid)"
  procwire query --param app=tls "SELECT server_name, count(*) FROM flow WHERE app = :app GROUP BY 1"
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "query",
        help="SQL over stored flows and observations, and this host's processes and sockets",
        description="Answer one SELECT in SQLite's SQL over everything that was stored, and over what this "
        "host's processes, sockets and interfaces are now. Without SQL: from standard input, or on a "
        "terminal a shell. Nothing can be written, and no file but the store is read.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sql", nargs="?", default="", metavar="SQL", help="one SELECT")
    parser.add_argument(
        "--param", action="append", default=[], type=parameter, metavar="NAME=VALUE",
        help="the value of :NAME in the query; a whole number or a number where it is one",
    )  # fmt: skip
    add_forms(parser)
    parser.add_argument("--explain", action="store_true", help="how SQLite would find the answer")
    parser.add_argument("--tables", action="store_true", help="the tables that there are, and their rows")
    file = parser.add_argument(
        "--file", action="append", default=[], metavar="FILE", help="over the flows of this capture instead"
    )
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    parser.add_argument(
        "--rows", type=words.whole(1, 1 << 40), default=10_000, metavar="N",
        help="at most N rows (default 10000)",
    )  # fmt: skip
    parser.add_argument(
        "--deadline", type=words.seconds, default=30.0, metavar="SPAN", help="at most so long (default 30s)"
    )
    parser.add_argument(
        "--memory", type=words.size, default=HEAP_BYTES, metavar="SIZE",
        help="at most so much memory for SQLite (default 512MiB)",
    )  # fmt: skip
    parser.add_argument(
        "--socket", metavar="PATH", default="", help="ask the daemon at PATH, also for processes and sockets"
    )
    add_place(parser)
    words.add_extensions(parser)
    parser.set_defaults(run=run)


def parameter(text: str) -> tuple[str, str | int | float]:
    """``NAME=VALUE``."""
    name, found, value = text.partition("=")
    if not found or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    for number in (int, float):
        with contextlib.suppress(ValueError):
            return name, number(value)
    return name, value


def known_tables() -> dict[str, Table]:
    """Every table that can be asked about."""
    made = (view.table for view in VIEWS.values())
    return tables() | {table.name: table for table in (SOCKETS, RUNS, LOSSES, *OF_A_DAEMON, *made)}


def run(arguments: argparse.Namespace) -> int:
    """Answer; 2 where the query is wrong, 4 where its answer is not all there is."""
    try:
        with _store(arguments) as store:
            host = Host(arguments.socket)
            limits = Limits(seconds=arguments.deadline, rows=arguments.rows, heap_bytes=arguments.memory)
            known = known_tables()
            with Questions(known.values(), store=store, live=host.tables(), limits=limits) as questions:
                return _answer(arguments, Asking(arguments, questions, host, store))
    except QueryError as error:
        code = exit.INCOMPLETE if error.stopped else exit.USAGE if error.usage else exit.FAILURE
        raise EngineError(f"query: {error}", code) from None
    except StoreError as error:
        raise EngineError(str(error)) from None


def _answer(arguments: argparse.Namespace, asking: Asking) -> int:
    if arguments.tables:
        return asking.list_tables()
    if arguments.sql:
        return asking.answer(arguments.sql)
    if not sys.stdin.isatty():
        return asking.answer(sys.stdin.read())
    from procwire.cli.query_shell import Shell

    return Shell(asking).run()


@contextlib.contextmanager
def _store(arguments: argparse.Namespace) -> Iterator[Path | None]:
    """The store, one made of capture files for this query alone, or None where nothing was stored yet."""
    if not arguments.file:
        path = store_file(arguments.store)
        if arguments.store and not path.exists():
            raise StoreError(f"{path}: no store here yet: see procwire watch --store")
        yield path if path.exists() else None
        return
    with tempfile.TemporaryDirectory(prefix="procwire-query-") as folder:
        path = Path(folder, "capture.db")
        with Writer(path, contents(api.tables()), command="query", patient=True) as out:
            _read(arguments.file, Keeper(out))
        yield path


class _Quiet(api.Silent):
    """Keeps what is read, and shows nothing."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper

    def observed(self, flow: Any, observation: Any) -> None:
        """See Silent."""
        self.keeper.observed(flow, observation)

    def ended(self, flow: Any) -> None:
        """See Silent."""
        self.keeper.ended(flow)


def _read(files: list[str], keeper: Keeper) -> None:
    from procwire.model.process import FROM_FILE

    reading = api.Reading(api.ReadOptions(paths=tuple(files)), _Quiet(keeper))
    keeper.context = api.Context(reading.source.interfaces, unowned=FROM_FILE)
    reading.run()
    if reading.error is not None:
        print(f"procwire: {reading.error}", file=sys.stderr)


class Asking:
    """Questions with their answers on standard output."""

    def __init__(
        self, arguments: argparse.Namespace, questions: Questions, host: Host, store: Path | None
    ) -> None:
        self.arguments = arguments
        self.questions = questions
        self.host = host
        self.store = store

    def answer(self, text: str) -> int:
        """Show the answer; the exit code. Raises StoreError."""
        parameters = dict(self.arguments.param)
        if self.arguments.explain:
            print("\n".join(self.questions.explain(text, parameters)))
            return exit.OK
        answer = self.questions.ask(text, parameters)
        exact = self.arguments.json or self.arguments.csv
        out = writer(self.arguments, answer.table if exact else dated(answer.table))
        rows = 0
        for rows, row in enumerate(answer.rows, 1):  # noqa: B007 - how many there were
            out.write(row)
        out.finish()
        if exact:
            form = "json" if self.arguments.json else "csv"
            said = {"what": "query", "form": form, "sql": text[:4000], "rows": rows}
            recorded(self.arguments, "exported", said)
        return told(self.missing(answer))

    def missing(self, answer: Answer) -> list[str]:
        """Why the answer may not be all there is, a line each."""
        reasons = [answer.cut] if answer.cut else []
        reasons += self.host.problems
        self.host.problems.clear()
        if answer.stored and self.store is not None and not self.arguments.file:
            with Reader(self.store) as reader:
                reasons += reader.missing(Window(), sorted(answer.stored))
        if answer.stored and self.store is None:
            reasons.append("nothing was stored yet: see procwire watch --store")
        return reasons

    def list_tables(self) -> int:
        """The tables, and how many rows each has."""
        live = self.host.tables()
        stored = set()
        if self.store is not None:
            with Reader(self.store) as reader:
                stored = set(reader.names()) | {RUNS.name, LOSSES.name}
        for name, table in sorted(known_tables().items()):
            if name in live:
                print(f"{name:<20} {'live':>12}  {table.doc}")
            if name in stored:
                where = f"store.{name}" if name in live else name
                rows = next(self.questions.ask(f'SELECT count(*) FROM store."{name}"').rows)[0]  # noqa: S608
                print(f"{where:<20} {rows:>7} rows  {table.doc}")
        for view in VIEWS.values():
            print(f"{view.table.name:<20} {'of ' + ', '.join(view.sources):>12}  {view.table.doc}")
        rest = sorted(set(known_tables()) - stored - set(live) - set(VIEWS))
        if rest:
            print(f"nothing stored of: {', '.join(rest)}")
        return exit.OK


def completions() -> list[str]:
    """Words that a shell offers."""
    known = known_tables()
    columns = {column.name for table in known.values() for column in table}
    return sorted({*known, *columns, *FUNCTIONS})

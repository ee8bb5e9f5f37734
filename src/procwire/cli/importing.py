"""``procwire import``: the settings and the history of ProcMonD."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from procwire.cli import exit
from procwire.cli.output.choice import writer
from procwire.configuration.reason import ConfigurationError
from procwire.engine.options import EngineError
from procwire.model.inherited import INHERITED, SETTINGS
from procwire.model.values import clean
from procwire.store.place import store_file
from procwire.store.reason import StoreError
from procwire.store.writer import Writer

MAX_FILE_BYTES = 1 << 20
SQLITE = b"SQLite format 3\0"
DESCRIPTION = """\
Take over what ProcMonD left. Of its settings (/etc/procmond.conf) a configuration in TOML is made, on
standard output or in --out, and it is said what became of each, and what has no equivalent. Its database goes
to the store, as the table procmond_process (procwire history procmond_process).

  procwire import /etc/procmond.conf --out /etc/procwire/config.toml
  procwire import /var/lib/procmond/procmond.db"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "import", help="take over ProcMonD's settings and history", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    file = parser.add_argument("file", metavar="FILE", help="procmond.conf, or its database")
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    parser.add_argument(
        "--out", metavar="FILE", default="", help="write the configuration there; must not exist"
    )
    parser.add_argument("--store", metavar="DIR", default="", help="where history goes (default as of watch)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="what became of settings: one JSON object a line")
    form.add_argument("--csv", action="store_true", help="the same, comma separated")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Take over; 4 where a setting has no equivalent, or rows could not be stored."""
    path = Path(arguments.file)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror or error}") from None
    if data.startswith(SQLITE):
        return _history(arguments, path)
    if len(data) > MAX_FILE_BYTES:
        raise EngineError(f"{path}: larger than {MAX_FILE_BYTES} bytes, and no database")
    return _settings(arguments, data.decode("utf-8", "replace"))


def _settings(arguments: argparse.Namespace, text: str) -> int:
    from procwire.configuration.procmond import converted

    try:
        made, rows = converted(text, source=arguments.file)
        if arguments.out:
            with Path(arguments.out).open("x", encoding="utf-8") as file:
                file.write(made)
        else:
            print(made)
    except ConfigurationError as error:
        raise EngineError(str(error)) from None
    except OSError as error:
        raise EngineError(f"{arguments.out}: {error.strerror or error}") from None
    lost = [row for row in rows if not row.became]
    if arguments.out or arguments.json or arguments.csv:
        out = writer(arguments, SETTINGS)
        for row in rows:
            out.write(row)
        out.finish()
    else:
        sys.stdout.flush()
        for row in lost:
            print(f"procwire: no equivalent: {clean(row.setting)}: {row.reason}", file=sys.stderr)
    sys.stdout.flush()
    print(f"procwire: {len(rows)} settings, {len(lost)} without an equivalent", file=sys.stderr)
    return exit.INCOMPLETE if lost else exit.OK


def _history(arguments: argparse.Namespace, path: Path) -> int:
    from procwire.store.inherited import inherited

    try:
        with Writer(
            store_file(arguments.store),
            (INHERITED,),
            command="import",
            source=str(path.absolute()),
            patient=True,
        ) as writing:
            again = writing.take_place()
            for row in inherited(path):
                writing.add(INHERITED.name, row)
    except StoreError as error:
        raise EngineError(str(error)) from None
    counts = writing.counts
    lost = sum(counts.lost.values()) + counts.waiting
    words = f"procwire: {counts.rows} processes in {writing.path}, as {INHERITED.name}"
    print(words + (", in place of an earlier import" if again else ""), file=sys.stderr)
    if lost or counts.problem:
        print(f"procwire: incomplete: {lost} rows lost {counts.problem}", file=sys.stderr)
    return exit.INCOMPLETE if lost else exit.OK

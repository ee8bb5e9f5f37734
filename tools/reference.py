"""Write docs/reference from the declarations of columns and keys: ``python tools/reference.py [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from procwire.cli.config import toml
from procwire.configuration.keys import KEYS, Key
from procwire.configuration.sinks import SINK_KEYS, SinkKey
from procwire.model.columns import Column, Table
from procwire.model.tables import CORE

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "columns.md"
KEYS_PAGE = PAGE.with_name("configuration.md")
KEYS_HEAD = """# Configuration

Made from the declarations in `src/procwire/configuration/keys.py` by `make docs`; do not edit.
`procwire config show --origin` shows every key with its value and where that is from, `procwire config check`
what is wrong, by line.

Values are taken from, the later ones before the earlier: the default, `/etc/procwire/config.toml`, the user's
`~/.config/procwire/config.toml` (or in `XDG_CONFIG_HOME`), the file of `procwire --config FILE`, the
environment, `procwire --set KEY=VALUE`, and the option itself where it is given. A key that does not exist,
or a value that does not fit, is an error. Sizes are numbers of bytes or text (`"64MB"`, `"8MiB"`), time spans
text (`"30s"`, `"2h"`) or numbers of seconds. In the environment lists are separated by commas, and tables are
`NAME=VALUE,NAME=VALUE`."""
SINKS_HEAD = (
    "Each sink is a table `[[alerts.sinks]]` in a file. Secrets are named, never written: `config show` "
    "has none to show."
)
SINKS_TABLE = ["| key | kind | default | of which sinks | what it says |", "|---|---|---|---|---|"]
TABLE_HEAD = ["| key | kind | default | option | what it says |", "|---|---|---|---|---|"]
HEAD = """# Tables and columns

Made from the declarations in `src/procwire/model/tables.py` by `make docs`; do not edit. `procwire columns`
shows the same, with the tables of every protocol.

- JSON: one object a line; `schema` first (`procwire.flow/1`), then `event` (`open`, `update` or `end`) where
  the command has such events, then the columns in this order. **What is not known is left out**: an absent
  key means "not known", never zero or empty. Times are RFC 3339 in UTC with nanoseconds, durations seconds,
  sizes bytes, lists arrays of text.
- CSV: a header line, then every column; empty for what is not known; lists joined by commas; control
  characters as `\\xNN`, so that a row is one line. Cells that start with `=`, `+`, `-` or `@` are left as
  they are: import such columns into a spreadsheet as text.
- Filters: see [filter.md](filter.md)."""


def page(tables: Iterable[Table]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for table in tables for line in _table(table))]) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield from ("", f"## {table.name}", "", f"{table.doc} Schema `{table.schema}`.", "")
    yield "| column | kind | unit | what it says |"
    yield "|---|---|---|---|"
    yield from map(_column, table)
    if table.also:
        yield ""
        names = (f"`{name}` ({' or '.join(to)})" for name, to in sorted(table.also.items()))
        yield f"Further names in filters: {', '.join(names)}."


def _column(column: Column) -> str:
    words = column.doc.replace("|", "\\|")
    return f"| `{column.name}` | {column.kind.value} | {column.unit} | {words} |"


def keys_page(keys: Iterable[Key]) -> str:
    """The page of the configuration."""
    lines, section = [KEYS_HEAD], ""
    for key in keys:
        if key.section != section:
            section = key.section
            lines += ["", f"## {section}", "", *TABLE_HEAD]
        lines.append(_key(key))
    lines += ["", "## sinks of alerts", "", SINKS_HEAD, "", *SINKS_TABLE, *map(_sink_key, SINK_KEYS)]
    return "\n".join(lines) + "\n"


def _sink_key(key: SinkKey) -> str:
    words = key.doc + (f" One of {', '.join(f'`{one}`' for one in key.choices)}." if key.choices else "")
    return f"| `{key.name}` | {key.kind.value} | {key.default} | {', '.join(key.kinds) or 'all'} | {words} |"


def _key(key: Key) -> str:
    words = key.doc + (f" One of {', '.join(f'`{one}`' for one in key.choices)}." if key.choices else "")
    default = "" if key.default in (None, "", {}) else f"`{toml(key.default)}`"
    commands = ", ".join(key.commands)
    kind = "durations by name" if key.spans else key.kind.value
    words += "" if key.check else f" In the environment `{key.variable}`."
    option = f"`{key.option}` of {commands}" if key.option else f"of {commands}"
    return f"| `{key.name}` | {kind} | {default} | {option} | {words} |"


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check say whether they are as they should be."""
    wanted = {PAGE: page(CORE), KEYS_PAGE: keys_page(KEYS)}
    if "--check" in arguments:
        return 0 if all(path.read_text(encoding="utf-8") == text for path, text in wanted.items()) else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

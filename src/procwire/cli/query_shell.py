"""The shell of ``procwire query``: lines with history and completion, a statement ends with ``;``.

The standard library's readline is enough for that: it costs 1 ms to load, a toolkit 70 ms.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procwire.cli import exit
from procwire.engine.options import EngineError
from procwire.store.place import state_directory
from procwire.store.reason import StoreError

HISTORY = "query_history"
MAX_LINES = 1000  # of history
KEYWORDS = tuple(
    """SELECT FROM WHERE GROUP ORDER BY HAVING LIMIT JOIN LEFT USING ON AS AND OR NOT IN LIKE REGEXP BETWEEN
    IS NULL DISTINCT COUNT SUM MIN MAX AVG CASE WHEN THEN ELSE END WITH UNION ALL EXISTS DESC
    ASC""".split()  # noqa: SIM905
)
HELP = """\
One SELECT, ended with ;   .tables   .columns TABLE   .explain SELECT ...   .quit (or control-D)
"""


class Shell:
    """Asks until the input ends. ``read`` gives a line for a prompt, or raises EOFError."""

    def __init__(self, asking: Any, read: Callable[[str], str] = input) -> None:
        self._asking = asking
        self._read = read

    def run(self) -> int:
        """The exit code is that of the shell: a wrong query is said, and the next may be right."""
        with _remembering():
            print(HELP, end="")
            while (text := self._statement()) is not None:
                self._do(text)
        print()
        return exit.OK

    def _statement(self) -> str | None:
        """Lines up to ``;``, or one line that begins with a dot; None at the end."""
        lines: list[str] = []
        while True:
            try:
                line = self._read("   ...> " if lines else "procwire> ")
            except EOFError:
                return None
            except KeyboardInterrupt:
                print()
                lines.clear()
                continue
            if not lines and line.strip().startswith("."):
                return line.strip()
            if line.strip() or lines:
                lines.append(line)
            if lines and line.rstrip().endswith(";"):
                return "\n".join(lines).rstrip().rstrip(";")

    def _do(self, text: str) -> None:
        try:
            if text.startswith("."):
                self._command(*text[1:].split(maxsplit=1))
            elif text.strip():
                self._asking.answer(text)
        except (EngineError, StoreError) as error:
            print(error, file=sys.stderr)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)

    def _command(self, name: str = "", rest: str = "") -> None:
        if name in ("quit", "exit", "q"):
            self._read = _ended
        elif name == "tables":
            self._asking.list_tables()
        elif name == "columns":
            self._columns(rest)
        elif name == "explain":
            print("\n".join(self._asking.questions.explain(rest.rstrip(";"))))
        else:
            print(HELP, end="")

    def _columns(self, name: str) -> None:
        table = self._asking.questions.tables.get(name)
        if table is None:
            raise EngineError(f"no table is called {name!r}: see .tables")
        for column in table:
            print(f"{column.name:<24} {column.kind.value:<9} {column.doc}")


def _ended(_: str) -> str:
    raise EOFError


class Completer:
    """The words that begin as what stands before the cursor, for readline."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._found: list[str] = []

    def __call__(self, text: str, state: int) -> str | None:
        """The match of that number, or None."""
        if state == 0:
            keywords = [word if text[:1].isupper() else word.lower() for word in KEYWORDS]
            begin = text.lower()
            self._found = [word for word in (*self._words, *keywords) if word.lower().startswith(begin)]
        return self._found[state] if state < len(self._found) else None


@contextlib.contextmanager
def _remembering() -> Any:
    """Readline with our words, and the lines of the last time; they are kept in a file that is ours alone."""
    try:
        import readline
    except ImportError:  # an interpreter without it still reads lines
        yield
        return
    from procwire.cli.query import completions

    readline.set_completer(Completer(completions()))
    readline.set_completer_delims(" \t\n,().=<>;+-*/|")
    readline.parse_and_bind("tab: complete")
    path = Path(state_directory(), HISTORY)
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    try:
        yield
    finally:
        readline.set_history_length(MAX_LINES)
        _save(readline, path)


def _save(readline: Any, path: Path) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        readline.write_history_file(path)

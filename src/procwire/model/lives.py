"""What happens to processes: one row for each fork, exec and exit, and its table."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from operator import attrgetter

import msgspec

from procwire.model.columns import Free, Kind, Table
from procwire.model.declare import column, count, items, span, text
from procwire.model.getters import Getter, known
from procwire.model.host_tables import container_columns
from procwire.model.patterns import lazy
from procwire.model.process import Container

MAX_ARGUMENTS = 8  # that have columns of their own
_ESCAPED = "'\\''"  # a quote within quotes, as a shell has it
_WORD = lazy(r"'((?:[^']|'\\'')*)'(?=\s|$)|\S+")
FORK, EXEC, EXIT = "fork", "exec", "exit"


class LifeRow(msgspec.Struct, kw_only=True):
    """One row of LIVES. Empty text, 0 and -1 stand for "not known"."""

    time: int  # ns since 1970 UTC
    action: str
    pid: int
    ppid: int = 0
    name: str = ""
    parent: str = ""
    parent_exe: str = ""
    parent_cmdline: str = ""
    ancestors: tuple[str, ...] = ()
    exe: str = ""
    cmdline: str = ""
    uid: int = -1
    user: str = ""
    start: int = 0
    cgroup: str = ""
    unit: str = ""
    container: str = ""
    container_runtime: str = ""
    pod: str = ""
    facts: Container | None = None
    netns: int = 0
    exit_code: int = -1
    exit_signal: int = 0
    lifetime: int = -1  # ns
    runtime: int = 0  # ns


def _container(name: str) -> Getter:
    return lambda row: getattr(row.facts, name) or None if row.facts is not None else None


@lru_cache(maxsize=1024)
def words(cmdline: str) -> tuple[str, ...]:
    """The first arguments of a command line as it is shown: those with blanks stand in single quotes."""
    found = islice(_WORD.finditer(cmdline), MAX_ARGUMENTS)
    return tuple(one[0] if one[1] is None else one[1].replace(_ESCAPED, "'") for one in found)


def _argument(number: int) -> Getter:
    def get(row: LifeRow) -> str | None:
        found = words(row.cmdline)
        return found[number] if number < len(found) else None

    return get


LIVES = Table(
    name="process_event",
    doc="One thing that happened to a process: it was forked, became another program, or ended.",
    columns=(
        column("time", Kind.TIME, "When it happened.", attrgetter("time"), shown=True),
        text("action", "What happened: fork, exec or exit.", attrgetter("action"), shown=True, width=6),
        count("pid", "Process id on this host.", attrgetter("pid"), free=Free.EQUALS, shown=True, width=7),
        count("ppid", "Process id of its parent, as it was born.", known("ppid")),
        text("process", "Its name (comm, at most 15 bytes).", attrgetter("name"), shown=True),
        text("parent", "Name of its parent, as it was born.", attrgetter("parent"), shown=True, rank=4),
        text("parent_exe", "Program of its parent, as it was born.", known("parent_exe")),
        text("parent_cmdline", "Command line of its parent, as it was born; secrets masked.",
             known("parent_cmdline")),
        items("ancestors", "Its parents, nearest first, each as name:pid.", attrgetter("ancestors"),
              free=Free.NEVER),
        text("user", "User that it runs as, by name where there is one.", attrgetter("user"), shown=True,
             rank=3),
        count("uid", "User id that it runs as (effective).", known("uid", -1)),
        text("container", "Container that it is in: its name where its runtime tells, else its id.",
             lambda row: (row.facts.name if row.facts is not None else "") or row.container,
             shown=True, rank=2),
        count("exit_code", "Its exit status, where it ended by itself.", known("exit_code", -1), shown=True,
              rank=5, title="code"),
        count("exit_signal", "The signal that ended it.", known("exit_signal"), shown=True, rank=5,
              title="signal"),
        span("lifetime", "How long it lived.", known("lifetime", -1), shown=True, rank=1),
        span("cpu_time", "Processor time that it used; its threads' that ended last are left out.",
             known("runtime")),
        text("exe", "Path of its program, as it was executed; of a script, its interpreter.",
             attrgetter("exe")),
        text("cmdline", "Its command line, secrets masked.", attrgetter("cmdline"), shown=True, rank=1),
        *(text(f"arg{number}", f"Argument {number} of its command line; the first is 0." if number else
               "How it was called: argument 0 of its command line.", _argument(number))
          for number in range(MAX_ARGUMENTS)),
        column("start", Kind.TIME, "When it was started.", known("start")),
        text("unit", "systemd unit that it belongs to.", attrgetter("unit")),
        text("cgroup", "Path of its control group.", attrgetter("cgroup")),
        text("container_id", "Id of its container: at most 12 hex digits, or a name in its place.",
             attrgetter("container")),
        text("container_runtime", "What runs its container.", attrgetter("container_runtime")),
        text("pod", "Kubernetes pod uid.", attrgetter("pod")),
        *container_columns(_container),
        count("netns", "Inode of its network namespace.", known("netns")),
    ),
    also={"name": ("process",), "command": ("cmdline",), "container.id": ("container_id",)},
    moment="time",
)  # fmt: skip

"""What a detector or a rule found: the finding, and the table it stands in.

A finding says what was seen, of whom, how sure that is by each measure, and with what evidence. It is not a
verdict; ``complete`` says whether everything could be looked at that it rests on.
"""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Free, Kind, Table
from procwire.model.declare import column as _c
from procwire.model.declare import count as _count
from procwire.model.declare import items as _list
from procwire.model.declare import text as _text

SEVERITIES = ("info", "low", "medium", "high", "critical")
MAX_EVIDENCE = 20  # flows named in a finding
COMPLETE, DEGRADED = "complete", "degraded"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing found. Times are ns of packet time."""

    time: int
    detector: str
    title: str
    severity: str
    detail: str  # one sentence for people
    attack: tuple[str, ...] = ()  # ATT&CK techniques
    source: str = ""  # address of who did it
    target: str = ""  # whom it was done to: address, name, domain
    port: int | None = None
    pid: int | None = None
    process: str = ""
    exe: str = ""
    user: str = ""
    container: str = ""
    cmdline: str = ""
    process_start: int = 0  # with pid it names the process; ns since 1970
    ancestors: tuple[str, ...] = ()  # its parents, nearest first, each as name:pid
    score: float | None = None  # 0 to 1, where the detector has one
    scores: tuple[tuple[str, float], ...] = ()  # what the score is made of
    count: int = 1  # events that it rests on
    first: int = 0
    last: int = 0
    flows: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()  # the rows themselves, see ``evidence_row``
    packets: tuple[str, ...] = ()  # where their packets lie, see ``packet_span``
    reasons: tuple[str, ...] = ()  # why it may not be the whole truth

    @property
    def complete(self) -> str:
        """``complete``, or ``degraded`` for the reasons given."""
        return DEGRADED if self.reasons else COMPLETE

    @property
    def measures(self) -> tuple[str, ...]:
        """The sub-scores as name=value."""
        return tuple(f"{name}={value:.2f}" for name, value in self.scores)


def evidence_row(table: str, time: int, flow_id: str) -> str:
    """A row of the store by its table, its time (ns) and its flow, which together find it again."""
    return f"{table}:{time}:{flow_id}" if flow_id else f"{table}:{time}"


def packet_span(flow_id: str, first: int, last: int) -> str:
    """Where a flow's packets lie in a recording: from one packet's time (ns) to another's."""
    return f"{flow_id}:{first}..{last}"


class DetectorRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a detector is."""

    name: str
    title: str
    severity: str
    doc: str
    controls: str
    attack: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()  # name=default and what it is


DETECTORS = Table(
    name="detector",
    doc="The detectors: what each finds, what keeps it from what is harmless, what can be set.",
    columns=(
        _text("name", "Name, for --findings and --threshold.", attrgetter("name"), shown=True),
        _text("title", "What it finds, in a few words.", attrgetter("title")),
        _text("severity", "How much its findings may matter, where they do not say otherwise.",
              attrgetter("severity"), shown=True),
        _text("doc", "What it finds.", attrgetter("doc"), shown=True),
        _text("controls", "What keeps it from finding what is harmless.", attrgetter("controls")),
        _list("attack", "ATT&CK techniques that its findings may be part of.", attrgetter("attack"),
              shown=True),
        _list("settings", "Its settings: name=default, and what each is.", attrgetter("settings")),
    ),
)  # fmt: skip


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule is."""

    id: str
    title: str
    severity: str
    table: str
    state: str
    match: str
    attack: tuple[str, ...] = ()
    proofs: int = 0
    source: str = ""


RULES = Table(
    name="rule",
    doc="The rules: what each matches, in which table.",
    columns=(
        _text("id", "Name of the rule; the column detector of its findings.", attrgetter("id"), shown=True),
        _text("severity", "How much its findings may matter.", attrgetter("severity"), shown=True),
        _text("table", "Table whose rows it looks at.", attrgetter("table"), shown=True),
        _text("state", "Whether enabled, disabled or test.", attrgetter("state"), shown=True),
        _text("title", "What a match means.", attrgetter("title"), shown=True),
        _text("match", "The filter.", attrgetter("match")),
        _list("attack", "ATT&CK techniques.", attrgetter("attack"), shown=True),
        _count("proofs", "Rows that prove it, matching and not.", attrgetter("proofs")),
        _text("source", "File it comes from.", attrgetter("source")),
    ),
)  # fmt: skip

FINDINGS = Table(
    name="finding",
    doc="What detectors and rules found in traffic and processes; facts with their evidence, no verdicts.",
    columns=(
        _c("time", Kind.TIME, "When it was found, in packet time.", attrgetter("time"), shown=True, width=15),
        _text("severity", "How much it may matter: info, low, medium, high or critical.",
              attrgetter("severity"), shown=True, width=8),
        _text("detector", "Detector or rule that found it.", attrgetter("detector"), shown=True,
              free=Free.EQUALS),
        _text("title", "What it is, in a few words.", attrgetter("title")),
        _text("source", "Address of who did it.", lambda f: f.source or None, shown=True),
        _text("target", "Whom or what it was done to: an address, name or domain.",
              lambda f: f.target or None, shown=True),
        _count("port", "Port at the target, where there is one.", attrgetter("port"), shown=True, width=5),
        _count("pid", "Process on this host that did it.", attrgetter("pid"), free=Free.EQUALS),
        _text("process", "Its name.", lambda f: f.process or None, shown=True, rank=2),
        _text("exe", "Its executable.", lambda f: f.exe or None),
        _text("user", "Its user.", lambda f: f.user or None),
        _text("container", "Its container.", lambda f: f.container or None),
        _text("cmdline", "Its command line, secrets masked.", lambda f: f.cmdline or None),
        _c("process_start", Kind.TIME, "When it was started: with pid this names it for good.",
           lambda f: f.process_start or None),
        _list("ancestors", "Its parents, nearest first, each as name:pid.", attrgetter("ancestors")),
        _text("detail", "What was seen, in one sentence.", attrgetter("detail"), shown=True),
        _list("attack", "ATT&CK techniques that it may be part of.", attrgetter("attack")),
        _c("score", Kind.NUMBER, "How sure the detector is, from 0 to 1, where it has a measure.",
           attrgetter("score"), shown=True, rank=3, width=5),
        _list("scores", "What the score is made of: name=value.", attrgetter("measures")),
        _count("count", "Events that it rests on.", attrgetter("count")),
        _c("first", Kind.TIME, "The first of these.", lambda f: f.first or None),
        _c("last", Kind.TIME, "The last of these.", lambda f: f.last or None),
        _list("flows", f"Flows that it was seen in, at most {MAX_EVIDENCE}.", attrgetter("flows")),
        _list("rows", f"Rows that it was seen in, at most {MAX_EVIDENCE}: table, time in ns, and flow_id.",
              attrgetter("rows")),
        _list("packets", "Where the packets lie in a recording: flow_id, and the times in ns of the first "
              "and the last.", attrgetter("packets")),
        _text("complete", "Whether complete, or degraded where not everything could be looked at.",
              attrgetter("complete")),
        _list("reasons", "Why it is degraded.", attrgetter("reasons")),
    ),
    moment="time",
)  # fmt: skip

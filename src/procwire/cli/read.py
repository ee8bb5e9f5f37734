"""``procwire read``: flows, packets or a summary of capture files."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.collecting import seldom
from procwire.cli.detecting import losses
from procwire.cli.output.choice import NoRows, RowWriter, width, writer
from procwire.cli.output.groups import Groups
from procwire.cli.output.progress import Progress
from procwire.cli.output.summary import as_json, as_text
from procwire.cli.stopping import on_signal
from procwire.cli.storing import Kept, add_store, detecting, folders, recordings, storing
from procwire.cli.verdicts import Verdicts, add_filters, both
from procwire.engine.context import Context
from procwire.engine.options import EngineError, ReadOptions
from procwire.engine.reading import Reading
from procwire.model.filter import Filter, compile_filter
from procwire.model.flow import Flow
from procwire.model.listening import Gatherer
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow
from procwire.model.packets import PacketTable
from procwire.model.process import FROM_FILE
from procwire.model.rows import NO_CONTEXT, FlowRow, PacketRow
from procwire.model.tables import FLOWS, GROUPS, PACKETS
from procwire.store.keeping import Keeper

if TYPE_CHECKING:  # loaded where they are asked for
    from procwire.cli.output.findings import Findings
    from procwire.cli.output.observations import Observations

LEARNED = frozenset({"server_name", "server_name_source", "name_age"})  # columns that DNS answers may fill

Keep = Callable[[Any], bool]


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "read",
        help="flows, packets or a summary of capture files",
        description="Read capture files (pcap, pcapng, also gzip or zstd; - is standard input) and show "
        "their flows, one line when each has ended. What is damaged is read up to the damage.",
    )
    files = parser.add_argument("files", nargs="+", metavar="FILE", help="capture file, FIFO, or - for stdin")
    files.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    words.add_outputs(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--packets", action="store_true", help="one line a packet instead of one a flow")
    what.add_argument("--summary", action="store_true", help="totals, protocols, top talkers, faults")
    words.add_observations(what)
    words.add_findings(parser, what)
    parser.add_argument("--merge", action="store_true", help="merge several files by time, not one by one")
    parser.add_argument(
        "--lenient", action="store_true", help="go on behind damage, and count what had to be skipped"
    )
    parser.add_argument(
        "--progress", action=argparse.BooleanOptionalAction, default=None,
        help="show how far the reading is (default: on a terminal, for long files)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=words.whole(1, 64), metavar="N",
        help="processes that share the work, with the same result (default: as many as there are processors, "
        "at most 4; one where it does not pay)",
    )  # fmt: skip
    words.add_keys(parser)
    words.add_sandbox(parser)
    words.add_flows(parser)
    add_store(parser)
    add_filters(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Read and show; 1 when a file was damaged, 4 when something had to be skipped or given up."""
    if arguments.packets and arguments.store is not None:
        raise EngineError("--store goes with flows: packets are not kept", exit.USAGE)
    if arguments.packets and arguments.filters:
        raise EngineError("--filters goes with flows", exit.USAGE)
    same = recordings(arguments.files)
    with storing(arguments, source=same or ", ".join(arguments.files), anew=bool(same)) as keeper:
        code = _read(arguments, keeper)
    return code or (exit.INCOMPLETE if arguments.store_lost else exit.OK)


def _read(arguments: argparse.Namespace, keeper: Keeper | None) -> int:
    seen = arguments.observations is not None or arguments.findings is not None
    if arguments.group and (arguments.packets or seen):
        raise EngineError("--group goes with flows alone", exit.USAGE)
    table = PACKETS if arguments.packets else FLOWS
    keep = None
    if arguments.filter and not seen:
        keep = compile_filter(arguments.filter, table, now=time.time_ns())
    options = ReadOptions(
        paths=tuple(arguments.files),
        merge=arguments.merge,
        lenient=arguments.lenient,
        keylog=arguments.keylog,
        workers=1 if arguments.packets else arguments.workers or 0,
        sandbox=arguments.sandbox,
        folders=folders(arguments),
        flows=words.flow_options(arguments),
    )
    face = _face(arguments, keep)
    verdicts = Verdicts(arguments.filters) if arguments.filters else None
    face.keep = both(face.keep, verdicts)
    alone = keeper is None and verdicts is None
    own, found = detecting(arguments, keeper, face)
    reading = Reading(options, _owned(arguments, face if alone else Kept(face, keeper, verdicts, own)))
    face.context = Context(reading.source.interfaces, unowned=FROM_FILE)
    if keeper is not None:
        keeper.context = face.context
    if found is not None:
        found.context, found.reasons = face.context, lambda: _losses(reading)
    progress = Progress(arguments.progress)
    try:
        with on_signal(reading.stop), seldom():
            words.tell_open(reading.confinement.open)
            if arguments.packets:
                _packets(reading, writer(arguments, PACKETS), keep, progress)
            else:
                reading.run(lambda done, total: _step(face.out, progress, done, total))
                if own is not None:
                    own.finish()
                face.finish(reading)
    except BaseException:
        reading.stop()  # an input that sends nothing must not hold up the end
        raise
    finally:
        progress.close()
    code = _ending(reading)
    return code or (exit.INCOMPLETE if found is not None and found.incomplete else exit.OK)


def _owned(arguments: argparse.Namespace, listener: Any) -> Any:
    """With the owners that a bundle knows, in front of who listens."""
    book = getattr(arguments, "owners", None)
    if book is None:
        return listener
    from procwire.recorder.owners import Owned

    return Owned(listener, book)


def _losses(reading: Reading) -> tuple[str, ...]:
    counts = reading.counts
    evicted = reading.pipeline.tracker.counts.evicted
    return losses(dropped=counts.dropped, evicted=evicted, skipped=counts.damaged)


def _ending(reading: Reading) -> int:
    sys.stdout.flush()
    words.tell_keys(reading.keys)
    counts = reading.counts
    if reading.stopped:
        print(f"procwire: stopped after {counts.frames} packets", file=sys.stderr)
        return exit.INCOMPLETE
    if reading.error is not None:
        print(f"procwire: {reading.error}", file=sys.stderr)
        return exit.FAILURE
    if counts.damaged:
        print(
            f"procwire: {counts.damaged} damaged spots, {counts.skipped_bytes} bytes skipped", file=sys.stderr
        )
        return exit.INCOMPLETE
    evicted = reading.outcome.tracked.evicted
    if evicted:
        print(
            f"procwire: {evicted} flows ended early: the flow table was full (--max-flows)", file=sys.stderr
        )
        return exit.INCOMPLETE
    return exit.OK


class _Rows(Gatherer):
    """Writes each flow that matches when it has ended."""

    def __init__(self, out: RowWriter, keep: Filter | None) -> None:
        self.out = out
        self.keep: Keep | None = keep.matches if keep else None
        self.context: Context | None = None

    def ended(self, flow: Flow) -> None:
        """See Silent."""
        row = FlowRow(flow, self.context) if self.context else FlowRow(flow)
        if self.keep is None or self.keep(row):
            self.take(row)

    def take(self, row: FlowRow) -> None:
        """One flow that matches."""
        self.out.write(row, "end")

    def gathers(self) -> bool:
        """See Gatherer: each flow is a line, in order."""
        return False

    def finish(self, reading: Reading) -> None:  # noqa: ARG002
        """Everything has been read."""
        self.out.finish()


class _Seen(_Rows):
    """Writes observations as they are made, and no flows."""

    def __init__(self, observations: Observations) -> None:
        super().__init__(observations.out, None)
        self.observations = observations

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Silent."""
        self.observations.take(ObservationRow(flow, observation, self.context or NO_CONTEXT))

    def ended(self, flow: Flow) -> None:
        """See Silent."""


class _Found(_Rows):
    """Writes what detectors find, and no flows."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings.out, None)
        self.findings = findings
        self.detecting = findings.detecting

    def opened(self, flow: Flow) -> None:
        """See Silent."""
        self.detecting.opened(flow)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Silent."""
        self.detecting.observed(flow, observation)

    def ended(self, flow: Flow) -> None:
        """See Silent."""
        self.detecting.ended(flow)

    def finish(self, reading: Reading) -> None:  # noqa: ARG002
        """See _Rows."""
        self.findings.finish()


class _Grouped(_Rows):
    """Adds flows up instead; writes the groups at the end."""

    def __init__(self, out: RowWriter, keep: Filter | None, *by: str) -> None:
        super().__init__(out, keep)
        self.by_name = keep is None
        self.named = keep is not None and not LEARNED.isdisjoint(keep.columns)
        self.groups = [Groups(one) for one in by]

    def ended(self, flow: Flow) -> None:
        """See Silent."""
        row = FlowRow(flow, self.context) if self.context else FlowRow(flow)
        if self.keep is None or self.keep(row):
            for groups in self.groups:
                groups.add(row)

    def gathers(self) -> bool:
        """See Gatherer: sums do not depend on order, and only a filter may ask for a learned name."""
        return not self.named

    def harvest(self) -> Any:
        """See Gatherer."""
        return [groups.harvest() for groups in self.groups]

    def absorb(self, harvests: list[Any]) -> bool:
        """See Gatherer."""
        found = [Groups.joined(parts) for parts in zip(*harvests, strict=True)]
        for groups, sums in zip(self.groups, found, strict=True):
            groups.replace(sums or {})
        return None not in found

    def finish(self, reading: Reading) -> None:  # noqa: ARG002
        """See _Rows."""
        for group in self.groups[0].rows():
            self.out.write(group)
        self.out.finish()


class _Summed(_Grouped):
    """Adds everything up; writes one report at the end."""

    def __init__(self, keep: Filter | None, *, as_line: bool, called: str = "") -> None:
        super().__init__(NoRows(), keep, "protocol", "remote")
        self.as_line = as_line
        self.called = called  # what it was read from, where that is not the file's name
        self.started = time.monotonic()

    def finish(self, reading: Reading) -> None:
        """See _Rows."""
        report = reading.report()
        report.sources = [self.called] if self.called else report.sources
        report.protocols, report.talkers = (groups.rows() for groups in self.groups)
        report.elapsed = time.monotonic() - self.started
        if reading.counts.dropped:
            report.drops["before the capture file"] = reading.counts.dropped
        if self.as_line:
            sys.stdout.buffer.write(as_json(report))
        else:
            sys.stdout.write(as_text(report, width=width()))


def _face(arguments: argparse.Namespace, keep: Filter | None) -> _Rows:
    if arguments.observations is not None:
        from procwire.cli.output.observations import Observations

        return _Seen(Observations(arguments, time.time_ns()))
    if arguments.findings is not None:
        from procwire.cli.output.findings import Findings

        return _Found(Findings(arguments, time.time_ns()))
    if arguments.summary:
        if arguments.csv or arguments.group:
            raise EngineError("--summary goes with --json or alone", exit.USAGE)
        return _Summed(keep, as_line=arguments.json, called=getattr(arguments, "called", ""))
    if arguments.group:
        return _Grouped(writer(arguments, GROUPS), keep, arguments.group)
    return _Rows(writer(arguments, FLOWS), keep)


def _packets(reading: Reading, out: RowWriter, keep: Filter | None, progress: Progress) -> None:
    context = Context(reading.source.interfaces, unowned=FROM_FILE)
    for batch, table in reading.packets():
        _write_rows(table, batch.first, context, out, keep)
        _step(out, progress, *reading.source.progress)
    out.finish()


def _step(out: RowWriter, progress: Progress, done: int, total: int | None) -> None:
    """After each batch: the bar; and from a pipe, which may pause, what is known so far."""
    progress.show(done, total)
    if total is None:
        out.flush()


def _write_rows(
    table: PacketTable, first: int, context: Context, out: RowWriter, keep: Filter | None
) -> None:
    for number in range(table.count):
        row = PacketRow(table, number, first + number, context)
        if keep is None or keep.matches(row):
            out.write(row)

"""A recording as a session: each question is one pass over its files, down the same road as the command's.

What is damaged is read to the damage: everything before it is yielded, then LibraryError says where it is.
The reading runs in the caller's process with the caller's rights: what is not to be trusted is better read by
``procwire read``, which shuts itself in first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procwire.engine.api import (
    Context,
    Detection,
    EngineError,
    FlowOptions,
    Reading,
    ReadOptions,
    RuleSet,
    Silent,
    rules,
    tables,
)
from procwire.library import batches
from procwire.library.arrow import ArrowTable
from procwire.library.reason import LibraryError
from procwire.library.row import FLOW, Flow, Moment, Row, Shape, Told, named
from procwire.model.columns import Table
from procwire.model.filter import Filter, FilterError, compile_filter
from procwire.model.finding import FINDINGS, Finding
from procwire.model.flow import Flow as Tracked
from procwire.model.observation import Observation
from procwire.model.observed import ObservationRow, observed
from procwire.model.process import FROM_FILE
from procwire.model.rows import NO_CONTEXT, FlowRow, PacketRow, RowContext
from procwire.model.tables import CORE, FLOWS, PACKETS
from procwire.recorder.owners import Owned

if TYPE_CHECKING:
    from procwire.recorder.opening import Opened

Name = str | PathLike[str]
SUFFIX = ".tar.zst"  # of a bundle in one file
_FINDING, _PACKET = Shape(FINDINGS), Shape(PACKETS)


def compiled(expression: str, table: Table) -> Filter | None:
    """A filter over a table; None for none. Raises LibraryError with the place that is wrong."""
    if not expression:
        return None
    try:
        return compile_filter(expression, table, now=time.time_ns())
    except FilterError as error:
        raise LibraryError(str(error)) from None


class _Heard(Silent):
    """Keeps what a pass finds until it is asked for."""

    def __init__(self, keep: Callable[[Any], bool] | None) -> None:
        self.keep = keep
        self.context: RowContext = NO_CONTEXT
        self.found: list[Any] = []

    def put(self, row: Any) -> None:
        """A row, where it is wanted."""
        if self.keep is None or self.keep(row):
            self.found.append(row)

    def take(self) -> list[Any]:
        """What was found since the last time."""
        found, self.found = self.found, []
        return found

    def finish(self) -> None:
        """Nothing more will come."""


class _Ended(_Heard):
    """Flows that have ended."""

    def ended(self, flow: Tracked) -> None:
        """See Listener."""
        self.put(FlowRow(flow, self.context))


class _Seen(_Heard):
    """Observations of one table."""

    def __init__(self, keep: Callable[[Any], bool] | None, name: str) -> None:
        super().__init__(keep)
        self.name = name

    def observed(self, flow: Tracked, observation: Observation) -> None:
        """See Listener."""
        if self.name == observation.TABLE:
            self.put(ObservationRow(flow, observation, self.context))


class _Found(_Heard):
    """What detectors and rules find."""

    def __init__(self, keep: Callable[[Any], bool] | None) -> None:
        super().__init__(keep)
        found, _, known = rules(())
        self.detection = Detection(self._take, rules=RuleSet(found, known))
        self.now = 0

    def opened(self, flow: Tracked) -> None:
        """See Listener."""
        self.now = max(self.now, flow.first)
        self.detection.opened(FlowRow(flow, self.context), self.now)

    def observed(self, flow: Tracked, observation: Observation) -> None:
        """See Listener."""
        self.now = max(self.now, observation.time)
        self.detection.observed(ObservationRow(flow, observation, self.context), self.now)

    def ended(self, flow: Tracked) -> None:
        """See Listener."""
        self.now = max(self.now, flow.last)
        self.detection.ended(FlowRow(flow, self.context), self.now)

    def finish(self) -> None:
        """See _Heard."""
        self.detection.finish(self.now)

    def _take(self, finding: Finding) -> None:
        self.put(finding)


class Session:
    """One or several capture files, or one incident or bundle of it, whose flows have their owners.

    Files are opened anew for each question; ``keylog`` holds their secrets.

    ``merge``: several files in order of time; ``lenient``: go on behind damage; ``max_flows``: that are
    followed at once, the least recently used are ended early beyond it and counted in ``evicted``;
    ``protocols``: look at payload. Raises LibraryError where a file cannot be opened or read to its end, or a
    name or a filter is wrong.
    """

    def __init__(
        self,
        *paths: Name,
        keylog: Name = "",
        merge: bool = False,
        lenient: bool = False,
        protocols: bool = True,
        max_flows: int = 1_000_000,
    ) -> None:
        if not paths:
            raise LibraryError("no file is named")
        self.incident = incident(fspath(paths[0])) if len(paths) == 1 else None
        names = tuple(fspath(path) for path in paths) if self.incident is None else (self.incident.packets,)
        self.options = ReadOptions(
            paths=names,
            keylog=fspath(keylog),
            merge=merge,
            lenient=lenient,
            workers=1,
            flows=FlowOptions(protocols=protocols, max_flows=max_flows),
        )
        self.evicted = 0  # flows of the last pass that were ended early
        self.skipped = 0  # damaged spots of the last pass that were skipped

    def flows(self, filter: str = "") -> Iterator[Flow]:
        """Each flow that matches when it has ended, in that order; those still open at the end come last."""
        keep = compiled(filter, FLOWS)
        for row in self._pass(_Ended(keep.matches if keep else None)):
            yield Flow(FLOW, row)

    __iter__ = flows

    def observations(self, table: str, filter: str = "") -> Iterator[Row]:
        """Each record of a table of observations (``dns``, ``http``, ...) with its flow's ends, in order."""
        shown = self._shown(table)
        keep = compiled(filter, shown)
        shape = Shape(shown)
        for row in self._pass(_Seen(keep.matches if keep else None, table)):
            yield Row(shape, row)

    def findings(self, filter: str = "") -> Iterator[Row]:
        """What all detectors and rules find."""
        keep = compiled(filter, FINDINGS)
        for finding in self._pass(_Found(keep.matches if keep else None)):
            yield Row(_FINDING, finding)

    def packets(self, filter: str = "") -> Iterator[Row]:
        """Each packet that matches, as decoded."""
        keep = compiled(filter, PACKETS)
        with self._opened(Silent()) as (reading, context):
            for batch, decoded in reading.packets():
                for place in range(decoded.count):
                    row = PacketRow(decoded, place, batch.first + place, context)
                    if keep is None or keep.matches(row):
                        yield Told(_PACKET, Moment(Row(_PACKET, row)))

    def tables(self) -> dict[str, Table]:
        """The declared tables by name: ``flow``, ``packet``, ``finding`` and those of observations."""
        known = {table.name: table for table in tables()}
        core = {table.name for table in CORE}
        return {
            name: table
            for name, table in known.items()
            if name not in core or name in ("flow", "packet", "finding")
        }

    def table(self, name: str, filter: str = "", columns: Sequence[str] = ()) -> ArrowTable:
        """A table for pandas, polars, DuckDB and pyarrow, read when they ask (Arrow PyCapsule interface)."""
        named(self.tables(), name, "table")
        if name == "packet" and not filter:
            return batches.packets(self.packet_batches, columns)
        return ArrowTable(self._shown(name), lambda: self._rows(name, filter), columns)

    def packet_batches(self) -> Iterator[Any]:
        """Decoded batches (model.packets.PacketTable), each valid until the next is asked for."""
        with self._opened(Silent()) as (reading, _):
            for _, decoded in reading.packets():
                yield decoded

    # Inner steps.

    def _rows(self, name: str, expression: str) -> Iterator[Row]:
        if name == "flow":
            return self.flows(expression)
        if name == "finding":
            return self.findings(expression)
        return self.packets(expression) if name == "packet" else self.observations(name, expression)

    def _shown(self, name: str) -> Table:
        """The table whose rows are yielded under a name."""
        table = named(self.tables(), name, "table")
        return table if name in ("flow", "finding", "packet") else observed(table)

    def _pass(self, heard: _Heard) -> Iterator[Any]:
        with self._opened(heard) as (reading, heard.context):
            for _ in reading.steps():
                yield from heard.take()
            heard.finish()
            yield from heard.take()

    def _opened(self, listener: Any) -> _Pass:
        return _Pass(self, listener)

    def __repr__(self) -> str:
        names = self.options.paths if self.incident is None else (self.incident.name,)
        return f"<session {' '.join(names)}>"


class _Pass:
    """One reading, ended whatever becomes of its reader; damage and counts are told at its end."""

    def __init__(self, session: Session, listener: Any) -> None:
        self.session = session
        if session.incident is not None:
            listener = Owned(listener, session.incident.book)
        try:
            self.reading = Reading(session.options, listener)
        except EngineError as error:
            raise LibraryError(str(error)) from None

    def __enter__(self) -> tuple[Reading, Context]:
        return self.reading, Context(self.reading.source.interfaces, unowned=FROM_FILE)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self.session.evicted = self.reading.pipeline.tracker.counts.evicted
        self.session.skipped = self.reading.counts.damaged
        if kind is None and self.reading.error is not None:
            raise LibraryError(str(self.reading.error))
        if isinstance(error, OSError):
            where = f"{error.filename}: " if error.filename else ""
            raise LibraryError(f"{where}{error.strerror or error}") from None
        if isinstance(error, EngineError):
            raise LibraryError(str(error)) from None


def incident(path: str) -> Opened | None:
    """An incident or a bundle; None for a file. Raises LibraryError for a directory that is neither."""
    if not Path(path).is_dir() and not path.endswith(SUFFIX):
        return None
    from procwire.recorder.opening import opened
    from procwire.recorder.reason import RecorderError

    try:
        return opened(Path(path))
    except RecorderError as error:
        raise LibraryError(str(error)) from None


def session(*paths: Name, **options: Any) -> Session:
    """A session over capture files, or an incident; options as Session has them."""
    return Session(*paths, **options)


def read(*paths: Name, filter: str = "", **options: Any) -> Iterator[Flow]:
    """The flows of capture files, each when it has ended: ``for flow in procwire.read("x.pcapng")``."""
    return Session(*paths, **options).flows(filter)

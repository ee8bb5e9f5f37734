"""Bundles by way of the engine: made of what was recorded, and read again down the same road."""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.apart import apart
from procwire.cli.operating import operator, recorded
from procwire.engine.options import EngineError
from procwire.model.values import clean, human_size
from procwire.sandbox.plan import OFF

if TYPE_CHECKING:
    from procwire.engine.reading import Reading
    from procwire.recorder.building import Order, Read
    from procwire.recorder.collecting import Collector
    from procwire.recorder.opening import Opened
    from procwire.recorder.owners import OwnerBook


class _Source(msgspec.Struct, kw_only=True):
    """What a bundle is made of, as found."""

    name: str
    files: tuple[str, ...]
    book: Any
    incident: dict[str, Any] = {}
    live: Mapping[str, Any] = {}
    kin: Any = None
    captures: bool = False
    held: list[Any] = []  # open while the files are read


def export(arguments: argparse.Namespace) -> int:
    """``procwire incident export``."""
    from procwire.recorder.building import Order
    from procwire.recorder.pseudonyms import KEY_BYTES, Pseudonyms

    if arguments.output is None and not arguments.dry_run:
        raise EngineError("where to? give -o BUNDLE", exit.USAGE)
    if arguments.redact and arguments.with_keys:
        raise EngineError("--redact cuts what --with-keys would open", exit.USAGE)
    if arguments.dry_run and not arguments.redact:
        raise EngineError("--dry-run goes with --redact", exit.USAGE)
    found = _found(arguments)
    names = None
    if arguments.redact:
        names = Pseudonyms(
            _key(arguments.redact_key) if arguments.redact_key else secrets.token_bytes(KEY_BYTES)
        )
    order = Order(
        name=found.name, sources=found.files, incident=found.incident, live=found.live, kin=found.kin,
        pseudonyms=names,
        keep=_keep(arguments.filter), filter=arguments.filter, secrets=arguments.with_keys,
        sha256=arguments.sha256, checkpoint=_checkpoint(arguments, found.name),
        tell_sources=found.captures and names is None,
    )  # fmt: skip
    reader = _Reader(arguments, finding=found.captures)
    if arguments.dry_run:
        return _dry_run(arguments, order, reader, found.book)
    return _make(arguments, order, reader, found.book)


def _make(arguments: argparse.Namespace, order: Order, reader: _Reader, book: OwnerBook) -> int:
    from procwire.recorder.building import build, seal
    from procwire.recorder.container import SUFFIX, pack, settle

    output: Path = arguments.output
    if output.exists():
        raise EngineError(f"{output}: is there already", exit.FAILURE)
    packed = output.name.endswith(SUFFIX)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".procwire-") as room:
        place = Path(room) / (order.name if packed else output.name)
        told = apart(arguments.sandbox, lambda: build(order, place, reader, book))
        if arguments.parquet:
            _columnar(place)
        seal(place, told, sha=order.sha256)
        if packed:
            pack(place, Path(room) / output.name)
        settle(Path(room) / output.name if packed else place, output)
    _said(output, told)
    return exit.OK if told["complete"] == "complete" or arguments.redact else exit.INCOMPLETE


def _said(output: Path, told: dict[str, Any]) -> None:
    size = sum(file["bytes"] for file in told["files"].values())
    print(f"{output}: {told['packets']['count']} packets, {len(told['files'])} files, {human_size(size)}")
    for reason in told["reasons"]:
        print(f"  not complete: {clean(reason)}")


def _columnar(place: Path) -> None:
    from procwire.engine.catalogue import tables
    from procwire.recorder.columnar import write
    from procwire.recorder.kin import WITH_FLOWS

    write(place, (*tables(), WITH_FLOWS))


def _dry_run(arguments: argparse.Namespace, order: Order, reader: _Reader, book: OwnerBook) -> int:
    """Make it, show what it holds, and throw it away."""
    from procwire.recorder.building import build

    with tempfile.TemporaryDirectory(prefix="procwire-") as room:
        place = Path(room) / order.name
        told = apart(arguments.sandbox, lambda: build(order, place, reader, book))
        cut = human_size(told["redacted"]["cut_bytes"])
        print(f"{told['packets']['count']} packets would leave, without {cut} of payload:")
        for why, frames in told["redacted"]["cut_frames"].items():
            print(f"  {frames} frames cut behind what is understood: {why}")
        for kind, count in told["redacted"]["replaced"].items():
            print(f"{count} {kind} replaced")
        for path in sorted(place.glob("*.ndjson")):
            lines = path.read_bytes().splitlines()
            print(f"{path.name}: {len(lines)} lines" + (", the first:" if lines else ""))
            if lines:
                print(f"  {lines[0].decode()}")
    return exit.OK


class _Reader:
    """See recorder.building.Reader. ``finding``: detectors are asked too. The first shuts the process in."""

    def __init__(self, arguments: argparse.Namespace, *, finding: bool) -> None:
        self._arguments = arguments
        self._finding = finding
        self._sandbox = arguments.sandbox

    def __call__(
        self, paths: Sequence[str], files: tuple[Any, ...], collector: Collector, book: OwnerBook
    ) -> Callable[[], Read]:
        """Make ready to read files into a collector."""
        from procwire.engine.context import Context
        from procwire.engine.options import ReadOptions
        from procwire.engine.reading import Reading
        from procwire.model.process import FROM_FILE
        from procwire.recorder.annotated import CHUNK_BYTES
        from procwire.recorder.owners import Owned

        arguments = self._arguments
        options = ReadOptions(
            paths=tuple(paths), files=files, keylog=arguments.keylog, keep_keys=arguments.with_keys,
            merge=len(paths) > 1, chunk_bytes=CHUNK_BYTES, lent=collector.kept is not None, workers=1,
            sandbox=self._sandbox, flows=words.flow_options(arguments),
        )  # fmt: skip
        self._sandbox = OFF
        listener: Any = collector
        if self._finding and collector.wanted is None:
            listener = _Finding(arguments, collector)
        reading = Reading(options, Owned(listener, book))
        collector.context = Context(reading.source.interfaces, unowned=FROM_FILE)
        if collector.kept is not None:
            collector.kept.of(reading.source)
        return lambda: self._read(reading, collector, listener)

    def _read(self, reading: Reading, collector: Collector, listener: Any) -> Read:
        from procwire.recorder.building import Read

        for batch, table in reading.steps():
            collector.packets(batch, table)
        if listener is not collector:
            listener.finish()
        keys = reading.keys if self._arguments.with_keys else None
        return Read(
            error=str(reading.error or ""), names=reading.source.names, dropped=reading.counts.dropped,
            secrets=b"" if keys is None else bytes(keys.lines_of_used()),
            interface=collector.context.interface,
        )  # fmt: skip


class _Finding:
    """A collector that also gets what detectors find."""

    def __init__(self, arguments: argparse.Namespace, collector: Collector) -> None:
        from procwire.cli.detecting import Detecting

        self.collector = collector
        self.detecting = Detecting(arguments)
        self.detecting.takers.append(collector.found)

    def opened(self, flow: Any) -> None:
        """See Listener."""
        self.detecting.context = self.collector.context
        self.collector.opened(flow)
        self.detecting.opened(flow)

    def decided(self, flow: Any) -> None:
        """See Listener."""
        self.collector.decided(flow)

    def observed(self, flow: Any, observation: Any) -> None:
        """See Listener."""
        self.collector.observed(flow, observation)
        self.detecting.observed(flow, observation)

    def ended(self, flow: Any) -> None:
        """See Listener."""
        self.collector.ended(flow)
        self.detecting.ended(flow)

    def finish(self) -> None:
        """Everything was read."""
        self.detecting.finish()


def _found(arguments: argparse.Namespace) -> _Source:
    """An incident, a bundle, or capture files."""
    from procwire.recorder.listing import directory_of
    from procwire.recorder.opening import opened
    from procwire.recorder.owners import OwnerBook

    if len(arguments.what) == 1:
        name = arguments.what[0]
        for path in (Path(name), directory_of(name, arguments.incidents)):
            if path.is_dir() or path.name.endswith(".tar.zst"):
                source = opened(path)
                return _Source(
                    name=source.name, files=(source.packets,), book=source.book, incident=source.incident,
                    live=source.live, kin=source.kin, held=source.held,
                )  # fmt: skip
    for name in arguments.what:
        if not Path(name).exists():
            raise EngineError(f"{name}: no such incident or file", exit.FAILURE)
    book = OwnerBook()
    for name in arguments.what:
        _sidecar(Path(f"{name}.connections.jsonl"), book)
    name = arguments.output.name.removesuffix(".tar.zst") if arguments.output else "capture"
    return _Source(name=name, files=tuple(arguments.what), book=book, captures=True)


def _sidecar(path: Path, book: OwnerBook) -> None:
    """Owners beside a capture, as RustNet and procwire watch --write write them."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            with contextlib.suppress(msgspec.DecodeError):
                book.read_connections([msgspec.json.decode(line)])


def open_bundle(arguments: argparse.Namespace) -> int:
    """``procwire incident open``."""
    from procwire.cli import read
    from procwire.recorder.opening import opened

    source = opened(arguments.bundle)
    arguments.files, arguments.owners = [source.packets], source.book
    arguments.called = str(arguments.bundle)
    if not arguments.json and not arguments.csv:
        print(f"procwire: {clean(source.about)}", file=sys.stderr)
    with _holding(source.held):
        return _processes(arguments, source) if arguments.processes else read.run(arguments)


def _processes(arguments: argparse.Namespace, source: Opened) -> int:
    """Whose flows an incident holds, and who started them; a tree for people."""
    from procwire.cli.output.choice import writer
    from procwire.cli.output.tree import grown, with_ancestors
    from procwire.model.filter import compile_filter
    from procwire.recorder.kin import KIN, Row

    rows: list[Row] = list(source.kin.tree(source.book.processes()))
    if arguments.filter:
        keep = compile_filter(arguments.filter, KIN, now=time.time_ns()).matches
        rows = with_ancestors(rows, keep, lambda row: row["pid"], lambda row: row.get("ppid"))
    out = writer(arguments, KIN)
    rows.sort(key=lambda row: row["pid"])
    for row, branch in grown(rows, lambda row: row["pid"], lambda row: row.get("ppid")):
        lead = "" if arguments.json or arguments.csv else branch
        out.write(row | {"process": lead + str(row.get("process") or "?")})
    out.finish()
    return exit.OK


@contextlib.contextmanager
def _holding(files: list[Any]) -> Iterator[None]:
    try:
        yield
    finally:
        for file in files:
            file.close()


def _keep(words_: str) -> Any:
    if not words_:
        return None
    from procwire.model.filter import compile_filter
    from procwire.model.tables import FLOWS

    return compile_filter(words_, FLOWS, now=time.time_ns()).matches


def _key(path: Path) -> bytes:
    """The key in a file; made where there is none."""
    from procwire.recorder.pseudonyms import KEY_BYTES

    with contextlib.suppress(FileExistsError):
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise EngineError(f"{path}: is no key: {2 * KEY_BYTES} hex digits", exit.USAGE)
    return key


def _checkpoint(arguments: argparse.Namespace, name: str) -> str:
    """The ledger's word: that this was exported, and a signature over all that stands in it by now."""
    if arguments.dry_run:
        return ""
    body = {"what": "incident", "incident": name, "redacted": arguments.redact}
    if arguments.ledger is None:
        recorded(arguments, "exported", body)
        return ""
    from procwire.ledger.book import RECORDS, Book
    from procwire.ledger.tree import LedgerError

    if not (arguments.ledger / RECORDS).exists():
        words_ = f"{arguments.ledger}: there is no ledger: procwire ledger create {arguments.ledger}"
        raise EngineError(words_, exit.USAGE)
    try:
        book = Book(arguments.ledger)
    except LedgerError as error:
        raise EngineError(f"ledger: {error}") from None
    try:
        now = time.time_ns()
        book.append("exported", body | {"by": operator()}, now=now)
        return str(book.checkpoint(now=now))
    except LedgerError as error:
        raise EngineError(f"ledger: {error}") from None
    finally:
        book.close()

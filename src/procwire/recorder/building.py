"""A bundle from an incident or from capture files: read once, and written and hashed some way behind that.

Reading is the engine's: it comes as a function. Several files, which are merged, are read twice, as is what
waits for all that is known: secrets, other names. With a filter the wanted packets are written first and read
again, so that what a bundle says of its flows is what its packets say, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec

from procwire.capture.source import Files, Interface
from procwire.model.flow import Flow
from procwire.model.lines import line_of
from procwire.model.process import Owner
from procwire.model.values import time_text
from procwire.recorder import annotated, clocks, manifest, owners
from procwire.recorder.annotated import Wanted
from procwire.recorder.collecting import Collector
from procwire.recorder.container import Container
from procwire.recorder.frame_redaction import FrameRedaction
from procwire.recorder.hashed import Hashed, HashedFile, past_cache
from procwire.recorder.incident import FINDINGS, PACKETS, PROCESSES
from procwire.recorder.kept import Kept
from procwire.recorder.kin import Kin
from procwire.recorder.lived import Belonging
from procwire.recorder.opening import LIVE
from procwire.recorder.owners import OwnerBook
from procwire.recorder.pseudonyms import Pseudonyms
from procwire.recorder.reason import RecorderError
from procwire.recorder.telling import summary

TABLES = (
    "flows.ndjson", "observations.ndjson", "dns.ndjson", PROCESSES, "accounting.ndjson",
    "health.ndjson", "findings.ndjson", "owners.ndjson",
)  # fmt: skip
CHECKPOINT, SUMMARY = "checkpoint", "summary.md"


class Read(msgspec.Struct, kw_only=True):
    """What came of a reading beside what the collector heard."""

    error: str = ""
    names: dict[str, list[str]] = {}
    dropped: int = 0
    secrets: bytes = b""
    interface: Callable[[int], str | None] = lambda _: None


class Reader(Protocol):
    """Makes ready to read files into a collector, with these owners: all that needs a name is open then.

    What it returns reads to the end, or to damage; the first that is called may shut this process in.
    """

    def __call__(
        self, paths: Sequence[str], files: Files, collector: Collector, book: OwnerBook
    ) -> Callable[[], Read]:
        """Once for each reading."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle is made of."""

    name: str
    sources: tuple[str, ...]
    incident: dict[str, Any] = {}  # its head
    live: Mapping[str, Path | BinaryIO] = {}  # what an incident knew beside its packets, of LIVE
    kin: Kin | None = None  # who is known of its processes
    keep: Callable[[Any], bool] | None = None
    filter: str = ""
    pseudonyms: Pseudonyms | None = None
    secrets: bool = False
    sha256: bool = False  # of every file, too
    checkpoint: str = ""
    tell_sources: bool = False


def build(order: Order, place: Path, read: Reader, book: OwnerBook) -> dict[str, Any]:
    """Make the bundle in the new directory ``place``; its manifest, with the hashes that are known already.

    Every file is opened before the first packet is read. Raises OSError; RecorderError where none is read.
    """
    place.mkdir(mode=0o700, parents=True)
    with contextlib.ExitStack() as stack:
        made = _Making(order, place, stack)
        sources, choose = order.sources, _nothing
        if order.keep is not None:
            chosen = stack.enter_context(tempfile.TemporaryFile(dir=place))
            sources, choose = (f"/proc/self/fd/{chosen.fileno()}",), made.chooser(read, book, chosen)
        make = made.maker(read, book, sources)
        choose()
        return make()


class _Making:
    def __init__(self, order: Order, place: Path, stack: contextlib.ExitStack) -> None:
        self.order = order
        self.clocks = clocks.read()
        self.reasons: list[str] = []
        self.hashes: dict[str, Hashed] = {}  # of what was hashed as it was written
        self._stack = stack
        names = dict.fromkeys((*TABLES, *(order.live and LIVE), SUMMARY, PACKETS))
        self.files = {name: stack.enter_context((place / name).open("x+b")) for name in names}
        self.live = {
            name: stack.enter_context(found.open("rb")) if isinstance(found, Path) else found
            for name, found in order.live.items()
        }
        packets = self.files[PACKETS].fileno()
        self.output = HashedFile(packets, stack.enter_context(past_cache(packets)), sha=order.sha256)
        if order.checkpoint:
            (place / CHECKPOINT).write_text(order.checkpoint, encoding="utf-8")

    def _open(self, sources: Sequence[str]) -> Files:
        """The files of one reading, open."""
        return tuple(self._stack.enter_context(Path(name).open("rb", buffering=0)) for name in sources)

    def chooser(self, read: Reader, book: OwnerBook, into: BinaryIO) -> Callable[[], None]:
        """What writes the packets of the flows that are wanted to a file, to be read."""
        collector = Collector(_ignore, self.order.keep)
        sources = self.order.sources
        reading, again = read(sources, self._open(sources), collector, book), self._open(sources)

        def choose() -> None:
            found = reading()
            self._note(found, collector)
            wanted = Wanted(
                flows={}, numbers=collector.numbers, chosen=collector.wanted, names=lambda: found.names,
                remark=str, flow_id=str, secrets=found.secrets,
            )  # fmt: skip
            output = HashedFile(into.fileno())
            annotated.write(again, wanted, output)
            output.close()

        return choose

    def maker(self, read: Reader, book: OwnerBook, sources: Sequence[str]) -> Callable[[], dict[str, Any]]:
        """What makes the bundle of these files."""
        collector = Collector(self._write)
        collector.facts.kin = self.order.kin or collector.facts.kin
        self._redact(collector)
        follows = self.order.pseudonyms is None and not self.order.secrets
        if follows and len(sources) == 1:
            collector.kept = Kept()
        files = self._open(sources)
        reading = read(sources, files, collector, book)
        again = self._open(sources) if collector.kept is None else ()

        def make() -> dict[str, Any]:
            drops = dict(self.order.incident.get("drops") or {})
            self.output.expect(_bundled(files))
            try:
                follow = self._follow(again, collector, drops) if follows else None
                found = reading()
                self._note(found, collector)
                self._copy_live(collector)
                collector.finish(found.interface, drops)
                if self.order.pseudonyms is not None:
                    drops = {self.order.pseudonyms.text(name): lost for name, lost in drops.items()}
                packets, cut = follow(found) if follow else self._packets(again, collector, found, drops)
            finally:
                self.hashes[PACKETS] = self.output.close()
            told = self._manifest(collector, packets, cut, drops)
            findings = _lines(self.files[FINDINGS])
            self.files[SUMMARY].write(summary(told, collector.facts, findings).encode())
            return told

        return make

    def _redact(self, collector: Collector) -> None:
        names = self.order.pseudonyms
        if names is not None:
            collector.heard = names.flow_id
            collector.facts.called, collector.facts.parent = names.address, names.ancestor
            collector.owner_line = lambda flow: owners.line(_masked(flow, names), names.flow_id(flow))

    def _note(self, found: Read, collector: Collector) -> None:
        if found.error and not collector.numbers:
            raise RecorderError(found.error)
        self.reasons += [found.error] if found.error else []
        self.reasons += (
            [f"{found.dropped} frames were lost before the capture files"] if found.dropped else []
        )
        self.reasons += [f"{collector.unkept} flows are not told of: too many"] if collector.unkept else []

    def _write(self, name: str, line: bytes) -> None:
        names = self.order.pseudonyms
        if names is not None and name != "owners.ndjson":
            line = line_of(names.line(msgspec.json.decode(line)))
        self.files[name].write(line)

    def _copy_live(self, collector: Collector) -> None:
        """In the order of LIVE: what flows are called is known before what names them."""
        belonging = Belonging(collector.flows.values())
        for name in (each for each in LIVE if each in self.live):
            for told in _lines(self.live[name]):
                if self.order.keep is None or belonging.takes(told):
                    self._write(name, line_of(told))

    def _follow(
        self, sources: Files, collector: Collector, drops: Mapping[str, int]
    ) -> Callable[[Read], tuple[int, None]]:
        """Have packets written some way behind who reads them; what ends that.

        A flow's comment says what was known by then, and names that came later stand behind the packets.
        """
        known: dict[str, list[str]] = {}
        wanted = Wanted(
            flows=collector.flows, numbers=collector.numbers, drops=drops, remark=_remark, flow_id=_flow_id,
            names=lambda: known | _names(collector.flows.values()),
        )  # fmt: skip
        batches = collector.kept or self._stack.enter_context(contextlib.closing(annotated.Again(sources)))
        following = annotated.Following(batches, wanted, self.output)

        def finish(found: Read) -> tuple[int, None]:
            known.update(found.names)
            return following.finish(), None

        collector.behind = following.follow
        return finish

    def _packets(
        self, sources: Files, collector: Collector, found: Read, drops: Mapping[str, int]
    ) -> tuple[int, FrameRedaction | None]:
        names = self.order.pseudonyms
        frames = FrameRedaction(names) if names is not None else None
        known = found.names | _names(collector.flows.values())
        if names is not None:
            known = {
                names.address(address): [names.text(one) for one in each] for address, each in known.items()
            }
        wanted = Wanted(
            interface=_interface if names is None else lambda one: Interface(name=names.text(one.name)),
            flows=collector.flows, numbers=collector.numbers, names=lambda: known, drops=drops,
            secrets=found.secrets if self.order.secrets and names is None else b"",
            remark=_remark if names is None else lambda flow: _remark(_masked(flow, names)),
            flow_id=_flow_id if names is None else lambda flow: names.flow_ids[flow.flow_id],
            owner=_same if names is None else names.owner,
        )  # fmt: skip
        return annotated.write(sources, wanted, self.output, frames.batch if frames else None), frames

    def _manifest(
        self, collector: Collector, packets: int, cut: FrameRedaction | None, drops: Mapping[str, int]
    ) -> dict[str, Any]:
        order, facts = self.order, collector.facts
        reasons = [*self.reasons, *order.incident.get("lacking", [])]
        reasons += [
            f"{count} packets lost: {why}" for why, count in (order.incident.get("dropped") or {}).items()
        ]
        reasons += [f"{lost} frames dropped on {name or '?'}" for name, lost in drops.items() if lost]
        reasons += ["redacted: no payload, other addresses and names"] if cut is not None else []
        reasons += [f"only flows that match {order.filter}"] if order.filter and cut is None else []
        told: dict[str, Any] = {
            "schema": manifest.SCHEMA, "id": order.name, "made": time_text(self.clocks.realtime_ns),
            **manifest.made_by(self.clocks),
            "complete": "degraded" if reasons else "complete", "reasons": reasons,
            "packets": {"count": packets, "bytes": facts.bytes, "first": time_text(facts.first),
                        "last": time_text(facts.last)},
            "drops": dict(drops), "secrets": bool(order.secrets and cut is None),
            "incident": order.incident if cut is None else _bare(order.incident),
            "sources": [Path(name).name for name in order.sources] if order.tell_sources else [],
        }  # fmt: skip
        told["files"] = msgspec.to_builtins(self.hashes)
        if cut is not None and order.pseudonyms is not None:
            del told["kernel"], told["clock"]
            told["redacted"] = {
                "key": order.pseudonyms.name,
                "cut_bytes": cut.cut_bytes,
                "cut_frames": cut.cut,
                "replaced": {kind: len(seen) for kind, seen in order.pseudonyms.seen.items()},
            }
        return told


def seal(place: Path, told: dict[str, Any], *, sha: bool = False) -> None:
    """Hash every file of a bundle that was not hashed when it was written, and write the manifest last."""
    known = msgspec.convert(told.get("files", {}), dict[str, Hashed])
    with Container(place) as container:
        told["files"] = msgspec.to_builtins(manifest.hashes(container, known, sha=sha))
    (place / manifest.NAME).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")


def _bundled(files: Files) -> int:
    """Bytes that packets of these files come to in a bundle, roughly: each with an option."""
    size = sum(os.fstat(file.fileno()).st_size for file in files)
    return size + size // 8


def _flow_id(flow: Flow) -> str:
    return str(flow.flow_id)


def _same(owner: Owner) -> Owner:
    return owner


def _interface(one: Interface) -> Interface:
    return one


def _ignore(name: str, line: bytes) -> None:
    """A first reading only chooses."""


def _nothing() -> None:
    """Every flow is wanted."""


def _lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """What is no object is passed over: a bundle is somebody's word."""
    file.seek(0)
    for line in file:
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
            yield msgspec.json.decode(line, type=dict[str, Any])


def _names(flows: Any) -> dict[str, list[str]]:
    """Names of addresses, from what flows are known to be to."""
    found: dict[str, list[str]] = {}
    for flow in flows:
        if flow.server_name and flow.server_name not in found.setdefault(flow.dst, []):
            found[flow.dst].append(flow.server_name)
    return {address: names for address, names in found.items() if names}


def _remark(flow: Flow) -> str:
    """One line for people, at the first packet of a flow."""
    owner = flow.owner if isinstance(flow.owner, Owner) else None
    process = owner.process if owner is not None else None
    whose = "owner not known"
    if process is not None:
        whose = f"{process.name} (pid {process.pid}{f', {process.user}' if process.user else ''})"
        whose += f" in {process.container_name}" if process.container_name else ""
    named = f" {flow.server_name}" if flow.server_name else ""
    return f"procwire: flow of {whose}: {flow.src}:{flow.sport} > {flow.dst}:{flow.dport} {flow.app}{named}"


def _masked(flow: Flow, names: Pseudonyms) -> Flow:
    """What may be told of a flow, under its other names."""
    twin = Flow()
    twin.family, twin.proto, twin.sport, twin.dport = flow.family, flow.proto, flow.sport, flow.dport
    twin.first, twin.last, twin.app = flow.first, flow.last, flow.app
    twin.src_hi, twin.src_lo = names.halves(flow.family, flow.src_hi, flow.src_lo)
    twin.dst_hi, twin.dst_lo = names.halves(flow.family, flow.dst_hi, flow.dst_lo)
    twin.server_name = names.text(flow.server_name)
    twin.owner = names.owner(flow.owner) if isinstance(flow.owner, Owner) else None
    return twin


def _bare(incident: Mapping[str, Any]) -> dict[str, Any]:
    """Of an incident what tells nothing of its host."""
    kept = ("since", "until", "trigger", "triggers", "dropped", "lacking", "cut", "version", "unkept")
    reasons = [
        {key: value for key, value in reason.items() if key != "detail"}
        for reason in incident.get("reasons", ())
    ]
    return {key: incident[key] for key in kept if key in incident} | ({"reasons": reasons} if reasons else {})

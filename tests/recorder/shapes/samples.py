"""Lines of every kind: what real captures give, and one flow with everything an owner can have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from procwire.dpi.registry import registry
from procwire.model.flow import Flow
from procwire.model.lines import line_of
from procwire.model.observation import Observation
from procwire.model.plain import fields, readers
from procwire.model.process import EXACT, Container, Executable, Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.recorder.noted import Observed
from procwire.recorder.wishes import Wishes
from tests.recorder.taped import VECTORS, Taped
from tests.scenes.scenes import captures, golden_of

OWNER = Owner(
    process=ProcessRef(
        pid=7, start=10**18, name="curl", exe="/usr/bin/curl", cmdline="curl x", uid=1000, user="bob", ppid=6,
        parent="sh", container="c0ffee", container_runtime="docker",
        executable=Executable(path="/usr/bin/curl", sha256="ab" * 32),
        facts=Container(id="c0ffee", name="web", image="nginx:1"),
    ),
    confidence=EXACT, source="bpf", side="src",
)  # fmt: skip
CAPTURES = ("http/ordinary.pcap", "dns/udp.pcap", "tls/tls12.pcap", "tls/chromium.pcap", "ssh", "icmp")

BESIDE = ("proto", "src", "src_port", "dst", "dst_port")


class _Hearing(Taped):
    """Keeps what is seen."""

    def __init__(self, wishes: Wishes, path: Path) -> None:
        self.seen: list[tuple[Flow, Observation]] = []
        super().__init__(wishes, path)

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See Listener."""
        self.seen.append((flow, observation))


@cache
def golden() -> tuple[dict[str, Any], ...]:
    """Every golden line of every capture, with what a line of an observation also says of its flow."""
    made = []
    for capture in captures():
        told = [msgspec.json.decode(line) for line in golden_of(capture).read_bytes().splitlines()]
        flows = {line["flow_id"]: line for line in told if line["table"] == "flow"}
        for line in told:
            flow = flows.get(line.get("flow_id"), {})
            beside = {name: flow[name] for name in BESIDE if name in flow}
            made.append(beside | line | {"schema": f"procwire.{line.pop('table')}/1"})
    return tuple(made)


@cache
def lines() -> tuple[dict[str, Any], ...]:
    """Each as it would be printed."""
    return tuple(msgspec.json.decode(line_of(told)) for told in _lines())


def _lines() -> Iterator[dict[str, Any]]:
    how = readers(FLOWS.columns)
    observed = Observed(registry().tables())
    for name in CAPTURES:
        path = VECTORS / name
        for file in (path,) if path.is_file() else sorted(path.glob("*.pcap")):
            taped = _Hearing(Wishes(), file)
            taped.play()
            taped.pipeline.finish()
            for number, flow in enumerate(taped.flows):
                flow.owner = OWNER if number % 2 else None
                for event in ("open", "end"):
                    yield fields(FlowRow(flow, taped.context), how, {"schema": FLOWS.schema, "event": event})
            for line in observed.lines(taped.seen, taped.context):
                yield msgspec.json.decode(line)

"""Agreement with tshark and with published Community IDs, where captures made by others are present."""

from __future__ import annotations

import collections
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from procwire.flows.community import community_id
from procwire.flows.limits import Limits
from procwire.flows.table import Tracker
from procwire.model.flow import Flow

files = pytest.importorskip("procwire.capture.files")
decode = pytest.importorskip("procwire.packet.decode")

SHARED = Path(os.environ.get("PROCWIRE_SHARED") or Path(__file__).parents[2].parent / "shared")
CORPORA = SHARED / "corpora"
LARGEST = 3_000_000  # bytes of a capture that is compared
FIELDS = [
    "frame.number",
    "tcp.stream",
    "tcp.analysis.retransmission",
    "tcp.analysis.out_of_order",
    "tcp.analysis.duplicate_ack",
    "tcp.analysis.zero_window",
    "tcp.analysis.keep_alive",
    "tcp.analysis.zero_window_probe",
    "tcp.len",
]

needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared captures are not here")
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def flows_of(path: Path) -> list[Flow]:
    """All flows of a capture, ended, in order of appearance."""
    tracker = Tracker(Limits())
    decoder = decode.Decoder()
    now = 0
    flows = []
    for batch in files.open_files([str(path)], lenient=True).batches():
        table = decoder.decode(batch)
        now = table.time[table.count - 1] if table.count else now
        flows += tracker.ingest(table, now=now).opened
    tracker.finish(now)
    return flows


def ours(path: Path) -> collections.Counter[str]:
    """Sums over the TCP flows of a capture."""
    total: collections.Counter[str] = collections.Counter()
    for flow in flows_of(path):
        if flow.proto == 6:
            total["packets"] += flow.packets_out + flow.packets_in
            total["payload"] += flow.payload_out + flow.payload_in
            for word in ("retransmissions", "out_of_order", "duplicate_acks", "zero_windows", "keep_alives"):
                total[word] += getattr(flow, f"{word}_out") + getattr(flow, f"{word}_in")
    return total


def theirs(path: Path) -> collections.Counter[str]:
    """The same sums by tshark."""
    command = [
        "tshark",
        "-r",
        str(path),
        "-Y",
        "tcp && !icmp && !icmpv6",
        "-T",
        "fields",
        "-o",
        "tcp.desegment_tcp_streams:FALSE",
    ]
    for field in FIELDS:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False).stdout
    total: collections.Counter[str] = collections.Counter()
    for line in out.splitlines():
        cells: list[str] = (line.split("\t") + [""] * len(FIELDS))[: len(FIELDS)]
        total["packets"] += 1
        total["payload"] += int(cells[8].split(",")[-1] or 0)
        names = (
            "retransmissions",
            "out_of_order",
            "duplicate_acks",
            "zero_windows",
            "keep_alives",
            "keep_alives",
        )
        for name, cell in zip(names, cells[2:8], strict=True):
            total[name] += bool(cell)
    return total


def captures() -> list[Path]:
    return sorted(p for p in CORPORA.glob("arkime/pcap/*") if p.stat().st_size < LARGEST)


@needs_corpora
@needs_tshark
def test_health_agrees_with_tshark() -> None:
    packets = same = 0
    wrong: dict[str, Any] = {}
    names = ("retransmissions", "out_of_order", "duplicate_acks", "zero_windows", "keep_alives")
    for path in captures()[:40]:
        we, they = ours(path), theirs(path)
        if we["packets"] != they["packets"] or we["payload"] != they["payload"]:
            continue  # tunnels and fragments are seen otherwise; packets are compared by the packet room
        packets += 1
        if all(we[name] == they[name] for name in names):
            same += 1
        else:
            wrong[path.name] = {name: (we[name], they[name]) for name in names if we[name] != they[name]}
    assert packets >= 20
    assert same / packets >= 0.8, wrong


@needs_corpora
def test_community_ids_agree_with_the_published_ones() -> None:
    folder = CORPORA / "community-id"
    rows = json.loads((folder / "baseline_deflt.json").read_text())
    wanted = {row["communityid"] for row in rows}
    for name in ("tcp", "udp", "icmp", "icmp6", "sctp", "ipv6"):
        found = {community_id(flow) for flow in flows_of(folder / f"{name}.pcap")}
        assert found
        assert found <= wanted, name

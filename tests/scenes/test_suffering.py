"""A connection on a bad line, counted by the kernel and told from every packet: both say the same of it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from procwire.engine.options import WatchOptions
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.bpf.kernel import need_bpf
from tests.lab import need, pair, why_not
from tests.scenes import talk
from tests.scenes.watched import Watch, watch

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(bool(need("nft")), reason="needs nft"),
]
PORT = 81
# Reads late, so that its window closes; then answers.
SERVER = f"""
import socket, sys, time
listener = socket.create_server((sys.argv[1], {PORT}))
listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 40000)
print("ready", flush=True)
while True:
    one, _ = listener.accept()
    with one:
        time.sleep(0.3)
        while one.recv(65536): pass
        one.sendall(bytes(300000))
"""
CLIENT = f"""
import socket, sys
for number in range(2):
    with socket.create_connection((sys.argv[1], {PORT})) as one:
        one.sendall(bytes(600000))
        one.shutdown(socket.SHUT_WR)
        while one.recv(65536): pass
"""
SIDES = ("out", "in")
BEHIND = ("retransmissions", "out_of_order")
SUFFERED = (*BEHIND, "duplicate_acks", "zero_windows", "keep_alives")
COLUMNS = [f"{name}_{side}" for name in SUFFERED for side in SIDES]
LOSS = "add table ip t; add chain ip t i {{ type filter hook prerouting priority -300; }}; " \
       "add rule ip t i tcp {port} {at} numgen inc mod {each} == 7 drop"  # fmt: skip


def suffered(live: Watch) -> list[dict[str, Any]]:
    """What each connection suffered, in order of its ports."""
    flows = sorted((flow for flow in live.audience.flows() if flow.dport == PORT), key=lambda one: one.sport)
    rows = [FlowRow(flow, live.audience.context) for flow in flows]
    return [{name: FLOWS.column(name).get(row) for name in COLUMNS} for row in rows]


def by_packets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is told from the packets alone.

    Whether a segment behind a later one was sent again or overtaken is also a matter of time, against a round
    trip of some 50 us here: a socket's hook and the tap see it some microseconds apart and may differ. Not on
    how many.
    """
    told = []
    for row in rows:
        behind = {f"behind_{side}": sum(row[f"{name}_{side}"] for name in BEHIND) for side in SIDES}
        told.append(behind | {name: row[name] for name in COLUMNS if not name.startswith(BEHIND)})
    return told


@pytest.mark.parametrize("view", ["client", "server"])
def test_the_kernel_says_of_a_bad_line_what_every_packet_says(view: str) -> None:
    need_bpf()
    with pair() as (_, client, server):
        server.run("nft", LOSS.format(port="dport", at=PORT, each=29))
        client.run("nft", LOSS.format(port="sport", at=PORT, each=31))
        here = client if view == "client" else server
        every = WatchOptions(owners=False, interfaces=("eth0",), source="tap")
        counted = WatchOptions(owners=False, interfaces=("eth0",), source="both")
        with watch(here, every) as tap, watch(here, counted) as both:
            serving = server.start(sys.executable, "-c", SERVER, talk.SERVER, stdout=subprocess.PIPE)
            assert serving.stdout is not None
            assert serving.stdout.readline() == b"ready\n"
            client.run(sys.executable, "-c", CLIENT, talk.SERVER)
    told = suffered(both)
    assert by_packets(told) == by_packets(suffered(tap))
    assert len(told) == 2
    sums = {name: sum(row[name] for row in told) for name in COLUMNS}
    assert sums["retransmissions_out"] > 0
    assert sums["zero_windows_in"] > 0

"""Comparing what ``procwire watch --json`` said with the truth of a stage."""

from __future__ import annotations

import ipaddress
import json
import signal
import subprocess
import sys
import threading
from typing import Any, NamedTuple

from procwire.accounting import source
from tests.kernel.stage import Played, Scenario, Stage

Flow = dict[str, Any]
PORTED = frozenset({"tcp", "udp", "udplite", "sctp"})
AWAY = f'"interface":"{source.AWAY}"'.encode()  # what others have among themselves on this machine
ETHERNET = 14  # bytes of a link header, which nftables does not count


class Score(NamedTuple):
    """What one program said of one scenario."""

    seen: int
    right: int
    wrong: int
    off: float  # bytes, relative to what nftables counted; -1 where that does not apply
    words: str


class Watcher:
    """``procwire watch --json`` on the host, as users run it."""

    def __init__(self, stage: Stage) -> None:
        words = [sys.executable, "-m", "procwire", "watch", "--json"]
        self.program = subprocess.Popen(
            stage.host.words(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert self.program.stderr is not None
        assert self.program.stdout is not None
        self.notes = [self.program.stderr.readline().decode()]
        while "watching" not in self.notes[-1]:
            self.notes.append(self.program.stderr.readline().decode())
            if not self.notes[-1]:
                raise RuntimeError("procwire did not start: " + "".join(self.notes))
        self._lines: list[bytes] = []
        self.others: list[Flow] = []  # what else it told of, at its end
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.program.stdout is not None
        for line in self.program.stdout:
            self._lines.append(line)

    def told(self, port: int) -> int:
        """How many flows to a port have been told of so far."""
        mark = f'"dst_port":{port},'.encode()
        lines = [line for line in list(self._lines) if AWAY not in line]
        return sum(b'"event":"open"' in line and mark in line for line in lines)

    def stop(self) -> list[Flow]:
        """End it as ctrl-c does; the final record of every flow of this stage, and of no other namespaces."""
        self.program.send_signal(signal.SIGINT)
        self._reader.join(200)
        assert self.program.stderr is not None
        self.notes.append(self.program.stderr.read().decode())
        self.program.wait(60)
        ends = [line for line in self._lines if b'"event":"end"' in line]
        self.others = [json.loads(line) for line in ends if AWAY in line]
        return [json.loads(line) for line in ends if AWAY not in line]


def is_of(flow: Flow, played: Played) -> bool:
    """Whether a flow belongs to a scenario."""
    scenario = played.scenario
    if flow["proto"] not in scenario.protos:
        return False
    if flow["proto"] in PORTED:
        return bool(flow.get("dst_port") == played.port)
    return same(flow["dst"], scenario.to) and flow.get("icmp_type") in (None, 8, 128)


def same(left: str, right: str) -> bool:
    """Whether two texts are one address."""
    return ipaddress.ip_address(left) == ipaddress.ip_address(right)


def end_of(flow: Flow, side: str) -> tuple[int, str]:
    """(pid, confidence) of the process at one end."""
    if flow.get("owner_side", "src") == side:
        return flow.get("pid", 0), flow.get("owner_confidence", "")
    return flow.get("peer_pid", 0), flow.get("peer_confidence", "")


def judge(played: Played, flows: list[Flow], counted: tuple[int, int]) -> Score:
    """Compare what was said with the truth."""
    scenario = played.scenario
    mine = [flow for flow in flows if is_of(flow, played)]
    authors = {truth.port: truth.pid for truth in played.truths}
    right = wrong = 0
    said: dict[str, int] = {}
    for flow in mine:
        pid, confidence = end_of(flow, scenario.side)
        wanted = authors.get(flow.get("src_port", 0)) or next(iter(authors.values()), 0)
        named = not scenario.process or flow.get("process") == scenario.process
        if scenario.owned:
            right += pid == wanted and named
            wrong += bool(pid) and (pid != wanted or not named)
        else:
            right += not pid and scenario.reason in str(flow.get("peer_reason", flow.get("owner_reason")))
            wrong += bool(pid)
        words = f"{confidence or 'unknown'} {flow.get('owner_source', '')}".strip()
        why = flow.get("owner_reason") or (flow.get("peer_reason") if scenario.side == "dst" else "")
        words += f": {why}" if why else ""
        if bool(pid) != scenario.owned or pid not in (0, wanted):
            words += f" (named {pid}, author {wanted}: {json.dumps(flow)})"
        said[words] = said.get(words, 0) + 1
    return Score(len(mine), right, wrong, error(scenario, mine, counted), "; ".join(sorted(said)[:5]))


def error(scenario: Scenario, flows: list[Flow], counted: tuple[int, int]) -> float:
    """How far the bytes sent are from what nftables counted, where it counted this host's own ports."""
    if scenario.place != "host" or scenario.side != "src" or (flows and flows[0]["proto"] not in PORTED):
        return -1.0
    told = sum(flow["bytes_out"] - ETHERNET * flow["packets_out"] for flow in flows)
    return abs(told - counted[0]) / counted[0] if counted[0] else -1.0

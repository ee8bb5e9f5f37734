"""Who sent it: traffic with known authors under ``procwire watch --json``, nethogs and polled ``ss``.

Repeat with ``python -m bench.attribution [--short N] [--only WORDS]`` (root).
tests/kernel/stage.py has the stage and the scenarios; each generator says its pid, its port and what it sent,
and nftables counts the bytes of each port on the watched host. For each scenario: were its flows seen, is the
owner right, how far are the bytes off, and what the program said of it. Then processes that live some
milliseconds and make one connection each, and the time from a flow's first packet to its owner.
"""

from __future__ import annotations

import argparse
import calendar
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.kernel.judge import Flow, Score, Watcher, judge
from tests.kernel.quic import QUIC, quic
from tests.kernel.stage import FAR, SCENARIOS, SHORT_PORT, Played, Scenario, Stage, Truth, built
from tests.lab import need, why_not

from bench.clock import machine, stolen
from procwire.accounting.source import AWAY

SETTLE_SECONDS = 1.5
POLL_SECONDS = 0.1  # between two looks of ss, as a monitoring script would
SHORT = Scenario("short-lived", "c:short", FAR, 1000)
BRIEF_NS = 5_000_000


class Nethogs:
    """nethogs in trace mode; what it said of each pid in the end."""

    def __init__(self, stage: Stage) -> None:
        words = stage.host.words("nethogs", "-t", "-a", "-C", "-d", "1", "-v", "2")
        self.program = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.program.stdout is not None
        self._lines: list[bytes] = []
        self.when: dict[int, int] = {}  # pid -> when it was named first, ns
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.program.stdout or ():
            self._lines.append(line)
            if match := re.search(rb"/(\d+)/\d+\t", line):
                self.when.setdefault(int(match[1]), time.time_ns())

    def stop(self) -> dict[int, float]:
        """Bytes sent, by pid."""
        time.sleep(1.0)
        self.program.terminate()
        self._reader.join(10)
        self.program.wait(10)
        found: dict[int, float] = {}
        for line in self._lines:
            parts = line.decode("utf-8", "replace").rstrip("\n").split("\t")
            match = re.search(r"/(\d+)/\d+$", parts[0])
            if match and len(parts) == 3:
                found[int(match[1])] = max(found.get(int(match[1]), 0.0), float(parts[1]))
        return found


class Polling:
    """``ss -tunap`` every 100 ms: the pids it showed."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._stopping = threading.Event()
        self.pids: set[int] = set()
        self.when: dict[tuple[int, int], int] = {}  # local port and pid -> when they were shown first, ns
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(POLL_SECONDS):
            shown = self._stage.host.run("ss", "-tunapH", check=False)
            self.pids.update(int(pid) for pid in re.findall(r"pid=(\d+)", shown))
            now = time.time_ns()
            for port, pid in re.findall(r":(\d+)\s+\S+:\S+\s.*?pid=(\d+)", shown):
                self.when.setdefault((int(port), int(pid)), now)

    def stop(self) -> set[int]:
        """The pids seen."""
        self._stopping.set()
        self._thread.join(10)
        return self.pids


def expected(played: Played) -> int:
    """How many flows the scenario has."""
    return len({truth.port for truth in played.truths}) if played.truths else 0


def show(played: Played, score: Score, hogs: dict[int, float], polled: set[int]) -> bool:
    """One line; whether all of it is right."""
    if played.absent:
        print(f"{played.scenario.name:28} -  not played: {played.absent}")
        return True
    pids = {truth.pid for truth in played.truths}
    count = expected(played)
    good = score.seen >= count and score.right == score.seen and score.off < 0.01
    off = f"{score.off:6.2%}" if score.off >= 0 else "     -"
    peers = [f"{len(pids & found):4}/{len(pids)}" for found in (hogs.keys(), polled)]
    print(
        f"{played.scenario.name:28} {'ok' if good else 'NO':2} {score.seen:5}/{count:<5} "
        f"right {score.right:4} wrong {score.wrong:3} bytes off {off}  "
        f"nethogs {peers[0]:>8} ss {peers[1]:>8}  {score.words}"
    )
    return good


def show_short(truths: list[Truth], flows: list[Flow], hogs: dict[int, float], polled: set[int]) -> bool:
    """Processes that were gone at once."""
    lived = sorted(truth.lived for truth in truths)
    by_port = {flow["src_port"]: flow for flow in flows if flow.get("dst_port") == SHORT_PORT}
    named = sum(by_port.get(truth.port, {}).get("pid") == truth.pid for truth in truths)
    whole = sum(
        bool(by_port.get(truth.port, {}).get("process")) and bool(by_port.get(truth.port, {}).get("parent"))
        for truth in truths
    )
    pids = {truth.pid for truth in truths}
    print(
        f"\n{len(truths)} processes of one connection each, alive for {lived[len(lived) // 2] / 1e6:.2f} ms "
        f"(most {lived[-1] / 1e6:.1f}, {sum(each < BRIEF_NS for each in lived)} under 5 ms)"
    )
    print(f"named: procwire {named} ({whole} with their parent), nethogs {len(pids & hogs.keys())}, "
          f"ss {len(pids & polled)}")  # fmt: skip
    return named == len(truths)


def show_delays(flows: list[Flow], hogs: Nethogs, polling: Polling) -> None:
    """From a flow's first packet, by the kernel's time stamp, until its owner was known.

    Without what other namespaces of the machine have among themselves: of that no packet is seen at all.
    """
    owned = [
        flow for flow in flows if flow.get("pid") and "owner_delay" in flow and flow.get("interface") != AWAY
    ]
    ours = [flow["owner_delay"] for flow in owned]
    waits: dict[str, list[float]] = {"procwire": ours, "nethogs": [], "ss": []}
    for flow in owned:
        start = nanoseconds(flow["start"])
        told = hogs.when.get(flow["pid"]), polling.when.get((flow.get("src_port", 0), flow["pid"]))
        for name, when in zip(("nethogs", "ss"), told, strict=True):
            if when is not None:
                waits[name].append(max(0, when - start) / 1e9)
    print("owner known after the first packet:")
    for name, found in waits.items():
        delays = sorted(found)
        parts = (0.1, 0.5, 0.9, 0.99, 1) if delays else ()
        at = [delays[min(len(delays) - 1, int(len(delays) * part))] * 1e3 for part in parts]
        words = "p10 {:.2f} ms, p50 {:.2f} ms, p90 {:.2f} ms, p99 {:.2f} ms, all {:.2f} ms"
        shown = words.format(*at) if at else "never"
        print(f"  {name:<9} {shown}  ({len(delays)} of {len(owned)} flows)")


def nanoseconds(when: str) -> int:
    """A time as the records have it, since 1970."""
    whole, _, part = when.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) * 10**9 + int(part.ljust(9, "0"))


def play(stage: Stage, only: str) -> list[Played]:
    """Every scenario, one after another."""
    plays = [stage.play(scenario) for scenario in SCENARIOS if re.search(only, scenario.name)]
    if not only or re.search(only, "quic"):
        plays.append(quic(stage))
    return plays


def main() -> int:
    """Print the table; exit code 1 when something was not as it was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", type=int, default=1000, help="processes that live some milliseconds")
    parser.add_argument("--only", default="", help="only scenarios whose name matches")
    options = parser.parse_args()
    missing = why_not() or ", ".join(need("gcc", "nft", "nethogs", "ss"))
    if missing:
        print(f"bench.attribution: {missing}", file=sys.stderr)
        return 3
    before = stolen()
    with tempfile.TemporaryDirectory() as folder, Stage(built(Path(folder)), (QUIC.port,)) as stage:
        watcher, hogs, polling = Watcher(stage), Nethogs(stage), Polling(stage)
        time.sleep(SETTLE_SECONDS)
        plays = play(stage, options.only)
        stage.ports[SHORT.name] = SHORT_PORT
        short = stage.play(SHORT._replace(number=options.short)).truths if options.short else []
        time.sleep(SETTLE_SECONDS)
        sent, polled, flows = hogs.stop(), polling.stop(), watcher.stop()
        print(machine())
        scores = [show(each, judge(each, flows, stage.counted(each.port)), sent, polled) for each in plays]
        good = all(scores)
        if short:
            good = show_short(short, flows, sent, polled) and good
        show_delays(flows, hogs, polling)
        print(f"processor time that the host gave to others meanwhile: {stolen() - before:.2f} s")
        print("".join(watcher.notes).strip())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""A day of traffic in packet time: memory of the pipeline hour by hour, which must stay flat.

Repeat with ``python -m bench.day [--hours N] [--minutes N]``. Every minute of the day the captures of real
programs in tests/vectors are seen again, by hosts of that minute: flows are opened, known, ended and
forgotten as in a day on the wire, in the time it takes to read them. At times the clock is set, forwards
and back. Exit code 1 where resident memory after the last hour is more than SLACK_MIB above that after the
second, or where a flow was not ended.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from procwire.capture.files import open_files
from procwire.engine.options import FlowOptions
from procwire.engine.pipeline import Pipeline
from procwire.model.flow import Flow
from procwire.model.frames import batch_of
from procwire.model.listening import Silent
from procwire.model.observation import Observation

VECTORS = Path(__file__).parents[1] / "tests" / "vectors"
KINDS = ("dns", "http", "tls", "quic", "ssh", "ntp", "dhcp", "smtp")
MINUTE_NS, HOUR_NS = 60 * 10**9, 3600 * 10**9
START_NS = 1_790_000_000 * 10**9
STEP_NS = 1_000_000  # from one frame to the next
WARM_HOURS = 2  # by then every module is loaded, and every table has its size
SLACK_MIB = 4.0
ETHERNET, IPV4, SOURCE, TARGET = 1, b"\x08\x00", 26, 30


class Ears(Silent):
    """Counts what it is told, as a face would be; keeps nothing."""

    def __init__(self) -> None:
        self.opened_flows = self.ended_flows = self.observations = 0

    def opened(self, flow: Flow) -> None:  # noqa: ARG002
        """See pipeline.Listener."""
        self.opened_flows += 1

    def observed(self, flow: Flow, observation: Observation) -> None:  # noqa: ARG002
        """See pipeline.Listener."""
        self.observations += 1

    def ended(self, flow: Flow) -> None:  # noqa: ARG002
        """See pipeline.Listener."""
        self.ended_flows += 1


def frames() -> list[bytes]:
    """IPv4 frames of the captures."""
    found = []
    for kind in KINDS:
        for path in sorted((VECTORS / kind).glob("*.pcap*")):
            with contextlib.closing(open_files([str(path)])) as capture:
                for batch in capture.batches():
                    rows = (batch.frame(row) for row in range(batch.count) if batch.link[row] == ETHERNET)
                    found += [frame for frame in rows if frame[12:14] == IPV4 and len(frame) > TARGET + 4]
    return found


def moved(frame: bytes, minute: int) -> bytes:
    """The same between two other hosts: both addresses change alike, so that answers stay answers."""
    changed = bytearray(frame)
    for place in (SOURCE, TARGET):
        changed[place + 1] ^= minute >> 8
        changed[place + 2] ^= minute & 0xFF
    return bytes(changed)


def resident_mib() -> float:
    """Of this process, once what is in cycles is gone."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / (1 << 20)


def day(hours: int, ears: Ears, seen: list[bytes], *, minutes: int) -> Iterator[tuple[int, float, int]]:
    """After each hour: its number, the resident memory, and the flows that are open."""
    pipeline = Pipeline(FlowOptions(), ears)
    for hour in range(hours):
        for minute in range(minutes):
            number = hour * minutes + minute
            at = START_NS + hour * HOUR_NS + minute * (HOUR_NS // minutes)
            if number % 50 == 49:
                at += HOUR_NS // 2 if number % 100 == 49 else -HOUR_NS // 2  # the clock is set, and set back
            batch = batch_of([moved(frame, number) for frame in seen], start=at, step=STEP_NS)
            pipeline.ingest(pipeline.decode(batch))
            pipeline.expire(at + len(seen) * STEP_NS)
        yield hour + 1, resident_mib(), pipeline.tracker.counts.active
    pipeline.finish()


def main() -> int:
    """Print the day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--minutes", type=int, default=60, help="of each hour that have traffic")
    options = parser.parse_args()
    ears, seen, began = Ears(), frames(), time.process_time()
    told = []
    for hour, mib, active in day(options.hours, ears, seen, minutes=options.minutes):
        told.append(mib)
        print(
            f"hour {hour:2}  {mib:7.1f} MiB  {active:6} flows open  {ears.opened_flows:9} in all", flush=True
        )
    grown = told[-1] - told[min(WARM_HOURS, len(told)) - 1]
    spent = time.process_time() - began
    print(f"{len(seen)} frames a minute, {ears.observations} observations, {spent:.0f} s of CPU")
    print(f"grown since hour {WARM_HOURS}: {grown:+.1f} MiB (at most {SLACK_MIB:g})")
    return 1 if grown > SLACK_MIB or ears.opened_flows != ears.ended_flows else 0


if __name__ == "__main__":
    sys.exit(main())

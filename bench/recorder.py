"""What the flight recorder costs beside plain watching, and how fast an incident is exported.

Repeat with ``python -m bench.recorder``. Recording: the same batches, as many bytes as a ring of the kernel
has, through decoder and flow table alone, and with a recorder that is full behind them, in turn in one
process; processor time a packet, and what that is of a core at RATE packets a second. Export: an incident of
SIZE_BYTES as a bundle, which is on the disk when it is done, and its packets as a plain copy that ends there
(fsync) or in memory, in turn on the same disk; read from the disk, as one of yesterday is, and from memory.
A bundle has what is said of each packet beside it: it is the larger, so both times are given, and by byte.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from procwire.capture.files import open_files
from procwire.cli.main import main as procwire
from procwire.engine.options import FlowOptions
from procwire.engine.pipeline import Pipeline
from procwire.model.frames import FrameBatch, batch_of
from procwire.model.listening import Silent
from procwire.recorder.flight import Flight
from procwire.recorder.incident import Reason
from procwire.recorder.noted import Notes
from procwire.recorder.track import Numbers
from procwire.recorder.vault import Vault
from procwire.recorder.wishes import Track, Wishes

RATE = 250_000
BATCH = 1_000
FLOWS = 100
ROUNDS = 5
RING_BYTES = 16 << 20
KEPT_BYTES = 64 << 20
SIZE_BYTES = 500 << 20
TURNS = 9


def batches(payload: int, count: int) -> list[FrameBatch]:
    """UDP datagrams of some flows, a microsecond apart."""
    frames = []
    for number in range(FLOWS):
        size = payload + 28
        head = (
            b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + b"\x45\0" + size.to_bytes(2, "big") + b"\0\0\0\0\x40\x11\0\0"
        )
        ends = b"\x0a\0\0\1\x0a\0\0\2" + (20_000 + number).to_bytes(2, "big") + b"\x23\x28"
        frames.append(head + ends + (payload + 8).to_bytes(2, "big") + b"\0\0" + bytes(payload))
    rows = [frames[number % FLOWS] for number in range(BATCH)]
    return [batch_of(rows, start=10**18 + number * 10**6, step=1_000) for number in range(count)]


def plain(found: list[FrameBatch], count: int, keep: Callable[[FrameBatch], None] | None) -> float:
    """Processor seconds for ``count`` batches, the same again and again."""
    pipeline = Pipeline(FlowOptions(protocols=False), Silent())
    gc.collect()
    begin = time.process_time()
    for number in range(count):
        batch = found[number % len(found)]
        pipeline.ingest(pipeline.decode(batch))
        if keep is not None:
            keep(batch)
    return time.process_time() - begin


def recorder(found: list[FrameBatch], most: int, place: Path) -> Callable[[FrameBatch], None]:
    """One that has been running for so long that it is full."""
    wishes = Wishes(record=(Track(size_bytes=KEPT_BYTES, most=most),))
    flight = Flight(wishes, Vault(place, quota_bytes=1 << 30), Numbers([]), Notes(10**9))
    row_bytes = len(found[0].buffer) // found[0].count
    kept = min(row_bytes, most or row_bytes) + 32  # with a block's head and end
    for number in range(KEPT_BYTES // (kept * BATCH) + 2):
        flight.take(found[number % len(found)], 0, BATCH)
    return lambda batch: flight.take(batch, 0, batch.count)


def recording(payload: int, count: int, place: Path) -> None:
    """One line for one size of packet: the best of ROUNDS of each, taken in turn."""
    found = batches(payload, max(1, RING_BYTES // ((payload + 42) * BATCH)))
    least = {"plain": 1e9, "whole": 1e9, "headers": 1e9}
    for number in range(ROUNDS):
        for name, most in (("plain", None), ("whole", 0), ("headers", 128)):
            keep = None
            if most is not None:
                keep = recorder(found, most, place / f"{name}{payload}.{number}")
            least[name] = min(least[name], plain(found, count, keep))
    packets = count * BATCH
    base = least["plain"]
    for name in ("whole", "headers"):
        more = (least[name] - base) / packets
        print(
            f"{payload + 42:>5} bytes a packet, {name:<8} {base / packets * 1e9:6.0f} ns plain, "
            f"+{more * 1e9:4.0f} ns recorded ({least[name] / base:4.2f} times), "
            f"{more * RATE * 100:4.1f}% of a core at {RATE:,} packets/s"
        )


def timed(step: Callable[[], object], made: Path, source: Path, cold: bool) -> float:
    """Elapsed seconds of what makes a file or directory anew. ``cold``: the source is read from the disk."""
    os.sync()
    with source.open("rb") as file:
        advice = os.POSIX_FADV_DONTNEED if cold else os.POSIX_FADV_WILLNEED
        os.posix_fadvise(file.fileno(), 0, 0, advice)
        while not cold and file.read(1 << 20):
            continue
    begin = time.perf_counter()
    step()
    passed = time.perf_counter() - begin
    if made.is_dir():
        shutil.rmtree(made)
    else:
        made.unlink()
    return passed


def copied(source: Path, target: Path, durable: bool) -> None:
    """A plain copy. ``durable``: that is on the disk when it returns."""
    with source.open("rb") as taken, target.open("wb") as given:
        shutil.copyfileobj(taken, given, 1 << 20)
        given.flush()
        if durable:
            os.fsync(given.fileno())


def incident(size: int, place: Path) -> Path:
    """An incident with ``size`` bytes of packets, as a watch freezes it."""
    flight = Flight(Wishes(record=(Track(),)), Vault(place, quota_bytes=2 * size), Numbers([]), Notes(10**9))
    flight.freeze(Reason(time=10**18, kind="signal"))
    flight.tick(10**18, dict)
    found = batches(1000, max(1, RING_BYTES // (1042 * BATCH)))
    for number in range(size // (1076 * BATCH)):
        batch = found[number % len(found)]
        for row in range(BATCH):
            batch.time[row] = 10**18 + (number * BATCH + row) * 1_000
        flight.take(batch, 0, BATCH)
    flight.rest(10**18 + 10**9, {})
    (made,) = place.iterdir()
    return made


def spent() -> float:
    """Seconds of processor that this process and its children took so far."""
    return sum(
        use.ru_utime + use.ru_stime
        for use in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def exporting(size: int, place: Path) -> None:
    """An incident of ``size`` bytes, and copies of its packets, in turn."""
    source = incident(size, place / "incidents")
    packets, copy, made = source / "packets.pcapng", place / "copy", place / "made"
    export = partial(procwire, ["incident", "export", str(source), "-o", str(made)])
    steps: dict[tuple[str, bool], tuple[Callable[[], object], Path]] = {
        ("copy, on the disk", True): (partial(copied, packets, copy, True), copy),
        ("bundle, on the disk", True): (export, made),
        ("copy, in memory", False): (partial(copied, packets, copy, False), copy),
        ("copy, on the disk", False): (partial(copied, packets, copy, True), copy),
        ("bundle, on the disk", False): (export, made),
    }
    times: dict[tuple[str, bool], list[float]] = {name: [] for name in steps}
    used = []
    with contextlib.redirect_stdout(io.StringIO()):
        export()  # modules are loaded, which takes a second or two
        written = sum(each.stat().st_size for each in made.iterdir())
        shutil.rmtree(made)
        for _ in range(TURNS):
            for name, (step, path) in steps.items():
                begin = spent()
                times[name].append(timed(step, path, packets, name[1]))
                if step is export:
                    used.append(spent() - begin)
    size = packets.stat().st_size
    count = sum(batch.count for batch in open_files((str(packets),)).batches())
    print(
        f"export of {size / 1e6:.0f} MB as {written / 1e6:.0f} MB, {count:,} packets; median of {TURNS} "
        f"turns (least to most), {statistics.median(used):.2f} s of processor each"
    )
    for cold, where in ((True, "read from the disk"), (False, "read from memory")):
        bundle = times["bundle, on the disk", cold]
        for (name, each), found in times.items():
            if each == cold:
                middle, least = statistics.median(found), min(found)
                wrote = written if found is bundle else size
                times_this = statistics.median(bundle) / middle
                print(
                    f"  {where}: {name:<20} {middle:5.2f} s ({least:.2f} to {max(found):.2f}), "
                    f"{wrote / middle / 1e6:5.0f} MB/s; the bundle takes {times_this:4.2f} times this "
                    f"({min(bundle) / least:4.2f} where each was disturbed least), "
                    f"{times_this * wrote / written:4.2f} for each byte that is written"
                )


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--batches", type=int, default=400)
    parser.add_argument("--megabytes", type=int, default=SIZE_BYTES >> 20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="procwire-bench-") as room:
        for payload in (22, 400, 1400):
            recording(payload, arguments.batches, Path(room))
        exporting(arguments.megabytes << 20, Path(room))


if __name__ == "__main__":
    main()

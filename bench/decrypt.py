"""Decryption beside tshark with the same keys on the same captures, and what it costs flows that have none.

Repeat with ``python -m bench.decrypt [--megabytes N]``. The captures are made here: conversations of OpenSSL
over TLS 1.3 and 1.2, cut into segments as a 1500-byte wire would carry them; one of N MB, where the start of
either program hardly counts, and one of a tenth of that. Every record is decrypted and authenticated by
both. Flows without keys are the conversations of ``bench.traffic`` (two in three TLS or QUIC), read with the
keys of others, in pairs of runs that take turns; what a key log costs once, at the start, is measured on a
capture without packets, told apart, and taken off both, so that many flows hide nothing and few are not
blamed for it. A key log of 100 MB is read beside Python's plain loop over its lines.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import struct
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.decrypt.dialogue import Dialogue

from bench import traffic
from bench.clock import best, machine, once
from bench.traffic import DATA, Kind, tcp

FLOWS = 40
RECORD = 16_384
GOAL = 10.0  # times tshark's rate
KEYLESS = 24_000  # flows without keys, 550 MB
PCAP_HEADER_BYTES = 24
COST_GOAL = 1.02  # without keys, beside decryption off
READ = [sys.executable, "-m", "procwire", "read", "--summary", "--no-progress"]
NAMES = ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
         "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET")  # fmt: skip


def make(path: Path, keys: Path, megabytes: int) -> int:
    """Write the capture and its key log; returns the bytes of application data."""
    said, time, log = 0, 1_767_225_600_000_000_000, b""
    with path.open("wb", buffering=1 << 22) as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1))
        for number in range(FLOWS):
            dialogue = Dialogue("TLSv1_3" if number % 2 else "TLSv1_2", "ECDHE-RSA-AES128-GCM-SHA256")
            body = bytes(range(256)) * 64
            rounds = megabytes * 1_000_000 // FLOWS // len(body)
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) * rounds)
            spoken = dialogue.run(
                [(0, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), (1, head), *[(1, body)] * rounds]
            )
            said += sum(map(len, spoken.said))
            log += spoken.keys
            kind = Kind(6, 443, [(int(side), data) for side, data in spoken.flights], b"")
            for frame in tcp(kind, (0x0A000001, 32768 + number, 0xC6120001, 443), [], number * 7919):
                time += 20_000
                file.write(struct.pack("<IIII", *divmod(time, 1_000_000_000), len(frame), len(frame)) + frame)
    keys.write_bytes(log)
    return said


def made_apart(path: Path, keys: Path, megabytes: int) -> int:
    """``make`` in a process of its own: what this one holds would count as the peak of those it starts."""
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(make, path, keys, megabytes).result()


def beside_tshark(path: Path, keys: Path, said: int) -> float:
    """Print both programs' rates; returns how many times tshark's procwire's is."""
    base = [*READ, str(path)]
    off, on = best(base), best([*base, "--keylog", str(keys)])
    print(f"{FLOWS} flows, {said / 1e6:.0f} MB of application data in {said // RECORD} records")
    print(f"  procwire, off     {off.wall:6.2f} s")
    print(f"  procwire          {on.wall:6.2f} s  {rate(said, on.wall)}, {on.rss_bytes >> 20} MiB")
    if not shutil.which("tshark"):
        return 0.0
    words = ["tshark", "-n", "-q", "-z", "io,phs", "-r", str(path), "-o", f"tls.keylog_file:{keys}"]
    other = once(words)
    ratio: float = other.wall / on.wall
    print(
        f"  tshark            {other.wall:6.2f} s  {rate(said, other.wall)}, {other.rss_bytes >> 20} MiB\n"
        f"  procwire is {ratio:.1f} times as fast, goal {GOAL:g}; of processor time it takes {on.cpu:.2f} s, "
        f"tshark {other.cpu:.2f} s"
    )
    return ratio


def rate(said: int, wall: float) -> str:
    """Megabytes and records in a second."""
    return f"{said / wall / 1e6:7.1f} MB/s  {said // RECORD / wall:9.0f} records/s"


def without_keys(keys: Path, pairs: int) -> float:
    """Print what a key log of others costs; returns how much more flows cost with it."""
    path, empty = DATA / "keyless.pcap", DATA / "empty.pcap"
    if not path.exists():
        traffic.make(path, flows=KEYLESS)
    with path.open("rb") as file:
        empty.write_bytes(file.read(PCAP_HEADER_BYTES))
    start, whole = taken(empty, keys, pairs), taken(path, keys, pairs)
    empty.unlink()
    begun = [statistics.median(column) for column in zip(*start, strict=True)]
    ratios = [(on - begun[1]) / (off - begun[0]) for off, on in whole]
    low, median, high = statistics.quantiles(ratios, n=4)
    all_in = statistics.median(on / off for off, on in whole)
    least = [min(column) for column in zip(*whole, strict=True)]
    print(
        f"start: {begun[0] * 1000:.0f} ms of processor time, with a key log {begun[1] * 1000:.0f} ms\n"
        f"flows without keys, start taken off: {median:.3f} times the processor time of decryption off "
        f"(median of {pairs} pairs, half of them from {low:.3f} to {high:.3f}), goal {COST_GOAL}\n"
        f"  start included: {all_in:.3f} times; the least of all runs {least[0]:.3f} s and {least[1]:.3f} s"
    )
    return float(median)


def taken(path: Path, keys: Path, pairs: int) -> list[tuple[float, float]]:
    """Processor times of runs without and with the log.

    They take turns, in turned order every other time, so that what else the machine does falls on both; a
    pair of which one half was disturbed is one of many.
    """
    base = [*READ, "--workers", "1", str(path)]
    words, found = (base, [*base, "--keylog", str(keys)]), []
    for number in range(pairs):
        first = number % 2
        took = {which: once(words[which]).cpu for which in (first, 1 - first)}
        found.append((took[0], took[1]))
    return found


LINES = (
    "import sys\nfrom procwire.engine.keys import KeyFile\nfrom procwire.decrypt.keylog import KeyLog\n"
    "keys = KeyLog()\nKeyFile(sys.argv[1], keys).read_all()\nprint(len(keys), keys.lines, keys.evicted)"
)
PLAIN = "import sys\nprint(sum(1 for line in open(sys.argv[1], 'rb')))"


def large_log(path: Path, megabytes: int) -> None:
    """Print how fast a large key log is read, and what is kept of it."""
    dice, size = random.Random(7), 0
    with path.open("w") as file:
        while size < megabytes * 1_000_000:
            one, random_hex = dice.randbytes(32).hex(), dice.randbytes(32).hex()
            size += file.write("".join(f"{name} {random_hex} {one}\n" for name in NAMES))
    ours, plain = (
        best([sys.executable, "-c", LINES, str(path)]),
        best([sys.executable, "-c", PLAIN, str(path)]),
    )
    kept, lines, evicted = map(int, ours.output.split())
    print(
        f"key log of {megabytes} MB, {lines} lines: {ours.wall:.2f} s, {lines / ours.wall / 1e6:.2f} million "
        f"lines/s, {ours.rss_bytes >> 20} MiB; {kept} connections kept, {evicted} not to be found again\n"
        f"  Python's loop over its lines: {plain.wall:.2f} s"
    )
    path.unlink()


def main() -> int:
    """Print the rates; exit code 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--pairs", type=int, default=31, help="of runs without and with keys of others")
    parser.add_argument("--only", choices=["rate", "cost", "log"], help="one of the three measurements")
    options = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    print(machine())
    keys, only = DATA / "decrypt.keys", options.only
    path, ratio, cost = DATA / "decrypt.pcap", GOAL, 1.0
    for megabytes in (options.megabytes // 10, options.megabytes) if only in (None, "rate") else ():
        ratio = beside_tshark(path, keys, made_apart(path, keys, megabytes))
        path.unlink()
    if only in (None, "cost"):
        made_apart(path, keys, 1)
        path.unlink()
        cost = without_keys(keys, options.pairs)
    if only in (None, "log"):
        large_log(DATA / "large.keys", 100)
    return 0 if cost <= COST_GOAL and ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())

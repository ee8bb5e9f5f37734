"""Decryption beside tshark with the same keys on the same capture, and what it costs flows that have none.

Repeat with ``python -m bench.decrypt [--megabytes N]``. The capture is made here: conversations of OpenSSL
over TLS 1.3 and 1.2, cut into segments as a 1500-byte wire would carry them.
"""

from __future__ import annotations

import argparse
import shutil
import struct
import sys
from pathlib import Path

from tests.decrypt.dialogue import Dialogue

from bench.clock import best, machine, once
from bench.traffic import DATA, Kind, tcp

FLOWS = 40
RECORD = 16_384
GOAL = 10.0  # times tshark's rate
COST_GOAL = 1.02  # without keys, beside decryption off


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


def main() -> int:
    """Print the rates; exit code 1 when a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=100)
    options = parser.parse_args()
    DATA.mkdir(exist_ok=True)
    path, keys, other = DATA / "decrypt.pcap", DATA / "decrypt.keys", DATA / "other.keys"
    said = make(path, keys, options.megabytes)
    other.write_text(f"CLIENT_RANDOM {'00' * 32} {'11' * 48}\n")
    print(f"{machine()}\n{FLOWS} flows, {said / 1e6:.0f} MB of application data")
    base = [sys.executable, "-m", "procwire", "read", "--summary", "--no-progress", str(path)]
    off, on = best(base, runs=3), best([*base, "--keylog", str(keys)], runs=3)
    none = best([*base, "--keylog", str(other)], runs=3)
    records = said // RECORD
    print(f"procwire, off     {off.wall:6.2f} s")
    rate = f"{said / on.wall / 1e6:7.1f} MB/s  {records / on.wall:9.0f} records/s"
    print(f"procwire          {on.wall:6.2f} s  {rate}")
    cost = none.cpu / off.cpu
    print(f"procwire, no keys {none.wall:6.2f} s  {cost:.3f} times the CPU of off, goal {COST_GOAL}")
    good = cost <= COST_GOAL
    if shutil.which("tshark"):
        run = once(["tshark", "-n", "-q", "-z", "io,phs", "-r", str(path), "-o", f"tls.keylog_file:{keys}"])
        ratio = run.wall / on.wall
        good = good and ratio >= GOAL
        print(
            f"tshark            {run.wall:6.2f} s  {said / run.wall / 1e6:7.1f} MB/s  "
            f"procwire is {ratio:.1f} times as fast, goal {GOAL:g}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

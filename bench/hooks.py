"""What the programs of a running procwire cost in the kernel, and what the measuring itself costs.

Repeat with ``python -m bench.hooks [--rate N] [--seconds N] [--first]`` (root). ``procwire watch --source
both`` runs at one end of a veth pair, then at the other, while UDP and TCP pass. The kernel times each run of
a program (BPF_ENABLE_STATS, Linux 5.8); two programs that do nothing run at the same hooks, and what they are
said to take is the price of the timing, which is in every other figure too. Machines differ by a factor of
three, and one machine from hour to hour: so the plainest counter of packets (``bench.plain``) has the same
traffic first, and each figure is also told in its terms, and as it would be where the goal of 150 ns was set.
No setting of the machine is changed: the kernel stops timing when the descriptor is closed, by whatever end
of this process.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import platform
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_BPF = {"x86_64": 321, "aarch64": 280}
PROG_LOAD, _PROG_GET_FD_BY_ID, _OBJ_GET_INFO_BY_FD, LINK_CREATE, _ENABLE_STATS = 5, 13, 15, 28, 32
CGROUP_SKB, INGRESS, EGRESS = 8, 0, 1  # enum bpf_prog_type, enum bpf_attach_type
_PASS = struct.pack("=BBhi", 0xB7, 0, 0, 1) + struct.pack("=BBhi", 0x95, 0, 0, 0)  # r0 = 1; exit
_NAME_AT = 64  # offset of the name in struct bpf_prog_info
EMPTY = ("empty_in", "empty_out")
THERE = {"plain_in": 72.0, "plain_out": 103.0}  # ns, what the counter took where the goal was set


class Cost(NamedTuple):
    """What a program ran, and how long it took in all."""

    runs: int
    total_ns: int

    @property
    def mean(self) -> float:
        """Nanoseconds a run."""
        return self.total_ns / self.runs if self.runs else 0.0


def bpf(command: int, attributes: bytes) -> int:
    """bpf(2). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    # The kernel wants what it does not know to be zero, and takes as much as it knows.
    padded = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    result = int(libc.syscall(_BPF[platform.machine()], command, padded, 128))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"bpf({command}): {os.strerror(number)}")
    return result


@contextlib.contextmanager
def measured() -> Iterator[None]:
    """Let the kernel time its programs meanwhile; it stops by itself when this process is gone."""
    descriptor = bpf(_ENABLE_STATS, struct.pack("=I", 0))  # BPF_STATS_RUN_TIME
    try:
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def idle(root: str) -> Iterator[None]:
    """A program that does nothing at each of both hooks of a cgroup: the price of being timed."""
    code, license_ = ctypes.create_string_buffer(_PASS, len(_PASS)), ctypes.create_string_buffer(b"GPL")
    with contextlib.ExitStack() as stack:
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        stack.callback(os.close, folder)
        for name, hook in zip(EMPTY, (INGRESS, EGRESS), strict=True):
            asked = struct.pack(
                "=IIQQIIQII16sII", CGROUP_SKB, 2, ctypes.addressof(code), ctypes.addressof(license_),
                0, 0, 0, 0, 0, name.encode(), 0, hook,
            )  # fmt: skip
            program = bpf(PROG_LOAD, asked)
            stack.callback(os.close, program)
            stack.callback(os.close, bpf(LINK_CREATE, struct.pack("=IIII", program, folder, hook, 0)))
        yield


def name_of(identifier: int) -> str:
    """A loaded program's name; its number where the kernel does not say."""
    try:
        descriptor = bpf(_PROG_GET_FD_BY_ID, struct.pack("=I", identifier))
    except OSError:
        return str(identifier)
    try:
        info = ctypes.create_string_buffer(256)
        bpf(_OBJ_GET_INFO_BY_FD, struct.pack("=IIQ", descriptor, len(info), ctypes.addressof(info)))
        return info.raw[_NAME_AT : _NAME_AT + 16].partition(b"\0")[0].decode()
    except OSError:
        return str(identifier)
    finally:
        os.close(descriptor)


def totals(pid: int) -> dict[str, Cost]:
    """Runs and nanoseconds of each program that a process holds, since it was loaded."""
    found = {}
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        said = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if "run_cnt" in said and int(said["run_cnt"]):
            found[name_of(int(said["prog_id"]))] = Cost(int(said["run_cnt"]), int(said["run_time_ns"]))
    return found


def costs(pid: int) -> dict[str, tuple[int, float]]:
    """Runs and mean nanoseconds of each program that a process holds and that ran."""
    return {name: (cost.runs, cost.mean) for name, cost in totals(pid).items()}


def between(before: dict[str, Cost], after: dict[str, Cost]) -> dict[str, Cost]:
    """What ran in between."""
    none = Cost(0, 0)
    spent = {
        name: Cost(*(new - old for new, old in zip(cost, before.get(name, none), strict=True)))
        for name, cost in after.items()
    }
    return {name: cost for name, cost in spent.items() if cost.runs}


def table(spent: dict[str, Cost], plain: dict[str, Cost], least: int) -> list[str]:
    """One line a program that ran often enough: as timed, without the timing's price, beside the counter."""
    empty = Cost(
        sum(spent[name].runs for name in EMPTY if name in spent),
        sum(spent[name].total_ns for name in EMPTY if name in spent),
    )
    lines = [f"  {'the timing itself':<18} {empty.mean:7.0f} ns"]
    for name, cost in sorted(spent.items()):
        if name in EMPTY or cost.runs < least:
            continue
        peer = plain_name(name)
        words = f"  {name:<18} {cost.mean:7.0f} ns, {max(0.0, cost.mean - empty.mean):5.0f} without it"
        if peer in plain and plain[peer].runs >= least:
            counter = plain[peer].mean
            times = cost.mean / counter
            words += f", {times:5.2f} times the counter's {counter:5.0f}: {times * THERE[peer]:4.0f} there"
        lines.append(f"{words} {cost.runs:>12,} runs")
    return lines


def plain_name(name: str) -> str:
    """The counter that a program is compared with: of its direction, for the tap that of what comes in."""
    return "plain_out" if name.endswith("_out") else "plain_in"


def main() -> int:
    """Print what each program costs for each kind of traffic and each direction."""
    from tests.lab import why_not

    from bench import hookload
    from bench.clock import first, machine

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100_000, help="datagrams a second")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--sockets", type=int, default=100)
    parser.add_argument("--first", action="store_true", help="be served before all else on this machine")
    options = parser.parse_args()
    if why_not():
        print(f"bench.hooks: {why_not()}", file=sys.stderr)
        return 3
    if options.first:
        first()
    print(machine())
    for title, spent, plain in hookload.phases(options.rate, options.seconds, options.sockets):
        print(title)
        print("\n".join(table(spent, plain, least=1000)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

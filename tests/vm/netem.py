"""Inside the virtual machine: netem, flower and the rest, which the machines of development have not.

Everything goes through procwire's own codec and plans; the kernel's dump, its counters, and packets that are
counted at the other end say what came of it.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

from procwire.shaping import groups
from procwire.shaping.abilities import Abilities
from procwire.shaping.codec import netem, statistics
from procwire.shaping.codec.netem import Netem
from procwire.shaping.impairment import Effect
from procwire.shaping.plan import Wish, receiving, sending
from procwire.shaping.probe import probe
from procwire.shaping.selection import selector
from procwire.shaping.spelling import effect
from procwire.shaping.standing import inner_handle
from procwire.shaping.steps import Mark, Part
from procwire.shaping.translation import netem_of
from tests.lab import Host, pair
from tests.shaping.stage import Inside, inside

Report = dict[str, Any]
PACKETS = 20_000
UPDATES = 200
DEVIATIONS = 4.0  # of a share of so many packets: one run in 16,000 is wrong by chance
WORDS: tuple[dict[str, Any], ...] = (
    {"delay": "100ms"},
    {"delay": "100ms", "jitter": "10ms", "jitter-correlation": "25%", "loss": "1%"},
    {"delay": "100ms", "jitter": "10ms", "distribution": "normal"},
    {"delay": "300s", "corrupt": "0.1%"},
    {"loss": "5%", "burst": "4", "duplicate": "1%"},
    {"loss-model": "four-state p13=1% p31=20% p32=30% p23=40% p14=0.5%", "ecn": True},
    {"delay": "10ms", "reorder": "25% gap=5"},
    {"rate": "1mbit", "overhead": "4", "cells": "48+5"},
    {"rate": "40gbit", "delay": "0.5ms"},
    {"slot": "20ms-30ms packets=5 bytes=3000"},
    {"delay": "50ms"},
)


def scenes() -> Report:
    """Every scene: its name, whether it was right, and what was seen."""
    from tests.vm.sharing import joins, receives

    able = probe()
    found: Report = {"kinds": {"good": able.netem and able.ifb and able.flower, "words": _kinds(able)}}
    played: dict[str, Callable[[Host, Host, Inside, Abilities], tuple[bool, str]]] = {
        "dump is what was asked": _dumps,
        "a change leaves nothing behind": _changes,
        "200 changes at 100% loss": _leak,
        "loss of 5%": _plain_loss,
        "loss of 8% in bursts of 5": _bursts,
        "part of the traffic (u32)": _part_u32,
        "part of the traffic (flower)": _part_flower,
        "received packets": _received,
        "round trip": _round_trip,
        "rate": _rate,
        "normal jitter": _jitter,
        "a seed": _seed,
        "one process": _process,
        "one process receives": receives,
        "others join and go at 100% loss": joins,
        "a foreign tree": _foreign,
        "the whole command": _command,
    }
    with pair() as (_, left, right), inside(left) as entered:
        for name, scene in played.items():
            try:
                good, words = scene(left, right, entered, able)
            except Exception as error:
                good, words = False, f"{type(error).__name__}: {error}"
            found[name] = {"good": good, "words": words}
            left.run("tc", "qdisc", "del", "dev", "eth0", "root", check=False)
            left.run("tc", "qdisc", "del", "dev", "eth0", "clsact", check=False)
    return found


def _kinds(able: Abilities) -> str:
    return ", ".join(kind for kind, there in able.kinds.items() if there)


def _do(entered: Inside, part: Part) -> None:
    for step in part.steps:
        entered.kernel.do(step)


def _shape(entered: Inside, wanted: Effect, able: Abilities, **more: Any) -> Part:
    part = sending(entered.standing(), Wish(effect=wanted, **more), able)
    _do(entered, part)
    return part


def _told(entered: Inside) -> Netem:
    """What the kernel says of our netem."""
    standing = entered.standing()
    found = standing.root if standing.root is not None and standing.root.kind == "netem" else standing.leaf(1)
    assert found is not None
    return netem.decode(found.options)


def _same(told: Netem, wanted: Netem) -> str:
    """What differs; a table is never told, and a seed by newer kernels alone."""
    plain = replace(wanted, table=None, seed=told.seed)
    return ", ".join(
        f"{name} {getattr(told, name)} for {getattr(plain, name)}"
        for name in Netem.__slots__
        if getattr(told, name) != getattr(plain, name)
    )


def _dumps(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    wrong = []
    for words in WORDS:
        part = _shape(entered, effect(words), able, seed=7 if able.seed else None)
        wrong += [_same(_told(entered), netem_of(effect(words)))]
        entered.kernel.undo(part.undo)
    wrong = [each for each in wrong if each]
    return not wrong, "; ".join(wrong) or f"{len(WORDS)} effects"


def _changes(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """From each effect to each other, in place: the dump is the same as when it was put afresh."""
    wrong, count = [], 0
    for before in WORDS:
        part = _shape(entered, effect(before), able)
        for then in WORDS:
            _shape(entered, effect(then), able)
            wrong += [_same(_told(entered), netem_of(effect(then)))]
            _shape(entered, effect(before), able)
            count += 1
        entered.kernel.undo(part.undo)
    wrong = [each for each in wrong if each]
    return not wrong, "; ".join(wrong[:3]) or f"{count} changes"


class Talk:
    """Datagrams to the other host, counted there."""

    def __init__(self, left: Host, right: Host, port: int = 7777, address: str = "10.77.0.2") -> None:
        self.target = (address, port)
        self.receiver = right.socket(kind=socket.SOCK_DGRAM)
        self.receiver.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.receiver.bind(self.target)
        self.receiver.settimeout(1.0)
        self.sender = left.socket(kind=socket.SOCK_DGRAM)
        mac = json.loads(right.run("ip", "-j", "link", "show", "eth0"))[0]["address"]
        left.run("ip", "neigh", "replace", address, "lladdr", mac, "dev", "eth0", "nud", "permanent")

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.sender.close()
        self.receiver.close()

    def send(self, count: int) -> list[bool]:
        """Send so many; which of them arrived."""
        arrived = [False] * count
        for start in range(0, count, 200):
            for number in range(start, min(count, start + 200)):
                self.sender.sendto(number.to_bytes(4), self.target)
            self._drain(arrived, 0.0)
        self._drain(arrived, 1.0)
        return arrived

    def _drain(self, arrived: list[bool], patience: float) -> None:
        self.receiver.settimeout(patience)
        try:
            while True:
                arrived[int.from_bytes(self.receiver.recv(64)[:4])] = True
        except (TimeoutError, BlockingIOError):
            pass


def _leak(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """Everything is lost, and changes of everything else let nothing through."""
    sent, stop = [0], threading.Event()
    with Talk(left, right) as talk:
        _shape(entered, effect({"loss": "100%"}), able)

        def flood() -> None:
            while not stop.is_set():
                talk.sender.sendto(bytes(4), talk.target)
                sent[0] += 1

        thread = threading.Thread(target=flood)
        thread.start()
        try:
            for number in range(UPDATES):
                words = {
                    "loss": "100%",
                    **({"delay": "5ms", "corrupt": "1%"} if number % 2 else {"rate": "1mbit"}),
                }
                _shape(entered, effect(words), able)
        finally:
            stop.set()
            thread.join()
        leaked = [False]
        talk._drain(leaked, 1.0)
    return not leaked[0] and sent[
        0
    ] > UPDATES, f"{int(leaked[0])} of {sent[0]} packets leaked in {UPDATES} changes"


def _share(arrived: list[bool], wanted: float, spread: float = 1.0) -> tuple[bool, str]:
    lost = arrived.count(False) / len(arrived)
    bound = DEVIATIONS * (wanted * (1 - wanted) * spread / len(arrived)) ** 0.5
    return abs(
        lost - wanted
    ) <= bound, f"{lost:.2%} of {len(arrived)} lost, {wanted:.2%} +- {bound:.2%} expected"


def _plain_loss(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    with Talk(left, right) as talk:
        _shape(entered, effect({"loss": "5%", "queue": "100000"}), able)
        before = statistics.decode(_root(entered).statistics).drops
        arrived = talk.send(PACKETS)
        drops = statistics.decode(_root(entered).statistics).drops - before
    good, words = _share(arrived, 0.05)
    return good and drops == arrived.count(False), f"{words}; the qdisc counts {drops}"


def _bursts(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    with Talk(left, right) as talk:
        _shape(entered, effect({"loss": "8%", "burst": "5", "queue": "100000"}), able)
        arrived = talk.send(PACKETS)
    runs = sum(not now and before for before, now in zip([True, *arrived], arrived, strict=False))
    mean = arrived.count(False) / max(1, runs)
    good, words = _share(arrived, 0.08, spread=9.0)  # of bursts: twice their length, less one
    return good and 4.0 <= mean <= 6.0, f"{words}; bursts of {mean:.2f}"


def _root(entered: Inside) -> Any:
    root = entered.standing().root
    assert root is not None
    return root


def _part(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    chosen = selector("peer=10.77.0.2 port=7000-7003 protocol=udp")
    with Talk(left, right, 7002) as meant, Talk(left, right, 7004) as other:
        _shape(entered, effect({"loss": "100%"}), able, selectors=(chosen,), exempt=(selector("port=22"),))
        lost, kept = meant.send(50), other.send(50)
    return not any(lost) and all(kept), f"{sum(lost)} of 50 meant, {sum(kept)} of 50 others arrived"


def _part_u32(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    return _part(left, right, entered, replace(able, flower=False))


def _part_flower(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    return _part(left, right, entered, able)


def _received(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    with Talk(right, left, address="10.77.0.1") as talk:
        lossy = effect({"loss": "50%", "queue": "100000"})
        part = receiving(entered.standing(), None, Wish(effect=lossy, sent=False), able)
        _do(entered, part)
        arrived = talk.send(4000)
        failed = entered.kernel.undo(part.undo)
        after = talk.send(50)
    good, words = _share(arrived, 0.5)
    return good and not failed and all(after), f"{words}; {sum(after)} of 50 after it"


def _round_trip(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    slow = effect({"delay": "50ms"})
    _shape(entered, slow, able)
    part = receiving(entered.standing(), None, Wish(effect=slow, sent=False), able)
    _do(entered, part)
    told = left.run("ping", "-c", "10", "-i", "0.2", "-q", "10.77.0.2")
    entered.kernel.undo(part.undo)
    mean = float(told.rpartition("= ")[2].split("/")[1])
    return 99.5 <= mean <= 140.0, f"{mean:.1f} ms for 50 ms each way"


def _rate(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """8 Mbit/s, by the clock of the receiver's kernel; a frame has 14 bytes more than its IP packet."""
    size, count = 1000, 2000
    with Talk(left, right) as talk:
        talk.receiver.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS
        talk.sender.setsockopt(socket.SOL_SOCKET, 32, 8 << 20)  # SO_SNDBUFFORCE
        _shape(entered, effect({"rate": "8mbit", "queue": "5000"}), able)
        for _ in range(count):
            talk.sender.sendto(bytes(size), talk.target)
        stamps = [_stamp(talk.receiver) for _ in range(count)]
    seen = (count - 1) * (size + 42) * 8 / ((stamps[-1] - stamps[0]) / 1e9)
    return abs(seen / 8e6 - 1) < 0.02, f"{seen / 1e6:.3f} Mbit/s for 8"


def _jitter(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """Delays beside the normal distribution: Kolmogorov and Smirnov's distance, at one in a thousand."""
    count, mean, spread = 1000, 30.0, 5.0
    words = {"delay": "30ms", "jitter": "5ms", "distribution": "normal", "queue": "10000"}
    with Talk(left, right) as talk:
        talk.receiver.setsockopt(socket.SOL_SOCKET, 35, 1)
        _shape(entered, effect(words), able)
        sent: dict[int, int] = {}
        waits = []
        for number in range(count):
            sent[number] = time.time_ns()
            talk.sender.sendto(number.to_bytes(4), talk.target)
            time.sleep(0.001)
        for _ in range(count):
            data, stamp = _stamped(talk.receiver)
            waits.append((stamp - sent[int.from_bytes(data[:4])]) / 1e6)
    waits.sort()
    shift = sum(waits) / count - mean  # what the machine itself adds
    normal = NormalDist(mean + shift, spread)
    distance = max(abs((place + 0.5) / count - normal.cdf(wait)) for place, wait in enumerate(waits))
    words_of = f"mean {mean + shift:.1f} ms, distance {distance:.3f} from normal"
    return distance < 1.95 / count**0.5 and 0 <= shift < 5, words_of


def _seed(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """The same packets are lost again, where the kernel keeps seeds."""
    runs = []
    with Talk(left, right) as talk:
        for seed in (7, 7, 8):
            part = _shape(entered, effect({"loss": "20%", "queue": "100000"}), able, seed=seed)
            runs.append(talk.send(400))
            entered.kernel.undo(part.undo)
    same, other = runs[0] == runs[1], runs[0] == runs[2]
    return (same and not other) if able.seed else not same, f"again {same}, with another seed {other}"


def _process(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """All that one control group sends is lost, and what others send is not."""
    folder = Path(groups.root(), "pw-scene")
    folder.mkdir(exist_ok=True)
    with Talk(left, right) as talk:
        _shape(entered, effect({"loss": "100%"}), able, group="/pw-scene")
        entered.kernel.do(Mark(cgroup="/pw-scene", priority=inner_handle(1)))
        kept = talk.send(20)
        home = Path(groups.root() + groups.of_process(os.getpid()))
        (folder / "cgroup.procs").write_text(str(os.getpid()))
        with Talk(left, right, 7778) as inner:
            lost = inner.send(20)
        (home / "cgroup.procs").write_text(str(os.getpid()))
        entered.kernel.close()
    folder.rmdir()
    return all(kept) and not any(lost), f"{sum(lost)} of 20 of the group, {sum(kept)} of 20 others arrived"


def _foreign(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """fq_codel and prio with a netem below, adopted and put back."""
    differs = []
    trees = (
        ("root handle 5: fq_codel limit 500 target 7ms",),
        ("root handle 5: prio bands 4", "parent 5:1 handle 6: netem delay 5ms loss 2%"),
    )
    for lines in trees:
        for line in lines:
            left.run(*f"tc qdisc add dev eth0 {line}".split())
        before = left.run("tc", "qdisc", "show", "dev", "eth0")
        standing = entered.standing(whole=True)
        part = sending(standing, Wish(effect=effect({"loss": "1%"}), adopt=True), able)
        _do(entered, part)
        failed = entered.kernel.undo(part.undo)
        after = left.run("tc", "qdisc", "show", "dev", "eth0")
        differs += failed + ([] if before == after else [f"{before} is {after}"])
        left.run("tc", "qdisc", "del", "dev", "eth0", "root", check=False)
    return not differs, "; ".join(differs) or "two trees came back"


def _command(left: Host, right: Host, entered: Inside, able: Abilities) -> tuple[bool, str]:
    """``procwire shape set``, with journal and watchdog, and what ping says before, during and after."""

    def shape(*words: str) -> str:
        command = [sys.executable, "-m", "procwire", "shape", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout

    def round_trip() -> float:
        told = left.run("ping", "-c", "5", "-i", "0.2", "-q", "10.77.0.2")
        return float(told.rpartition("= ")[2].split("/")[1])

    target = f"namespace:{left.name}"
    subprocess.run(["mount", "-t", "tmpfs", "state", "/var/lib"], check=True)  # the root is read-only
    before = round_trip()
    said = shape("set", target, "--rtt", "100ms", "--loss", "0.01%", "--lease", "5m")
    during = round_trip()
    shape("set", target, "--rtt", "40ms", "--lease", "5m")
    changed = round_trip()
    shape("clear", "--all")
    after = round_trip()
    subprocess.run(["umount", "-l", "/var/lib"], check=True)
    good = before < 20 and 99 < during < 130 and 39 < changed < 70 and after < 20
    told = f"{before:.1f}, {during:.1f}, {changed:.1f}, {after:.1f} ms for none, 100, 40, none"
    return good and "a round trip is 100ms longer" in said, told


def _stamp(receiver: socket.socket) -> int:
    return _stamped(receiver)[1]


def _stamped(receiver: socket.socket) -> tuple[bytes, int]:
    """A datagram, and when the kernel had it."""
    receiver.settimeout(5.0)
    data, ancillary, _, _ = receiver.recvmsg(2048, 64)
    seconds, nanoseconds = struct.unpack("=qq", ancillary[0][2][:16])
    return data, seconds * 10**9 + nanoseconds

"""``procwire shape show|interfaces|namespaces|containers|link``: what is shaped, what can be, and live
counters.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.operating import recorded
from procwire.cli.shape import guarded
from procwire.cli.shape_set import ending, need_root, record
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.shaping.counters import Flow, Reading

INTERFACE_SCHEMA, NAMESPACE_SCHEMA = "procwire.shape.interface/1", "procwire.shape.namespace/1"
CONTAINER_SCHEMA = "procwire.shape.container/1"
WHERE = "a namespace's name, its path, or pid=PID (default: this one)"
HEAD = f"{'interface':<16} {'state':<5} {'received':>12} {'sent':>12} {'drops':>7} {'waiting':>8}  queue\n"


def add(actions: Any) -> None:
    """Declare the actions."""
    show = actions.add_parser("show", help="what is shaped now, until when, and what it did to packets",
                              description="What is shaped now, until when, and what it did.")  # fmt: skip
    show.add_argument("--json", action="store_true", help="one JSON object a line")
    show.set_defaults(run=guarded(_show))
    faces = actions.add_parser(
        "interfaces", help="interfaces with their traffic and their queues, live",
        description="Interfaces of a namespace: bits a second over a span, drops, and what waits.",
        epilog="example:\n  procwire shape interfaces --namespace blue --span 2s\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    faces.add_argument("--namespace", default="", metavar="NAME", help=WHERE)
    faces.add_argument("--span", type=words.seconds, default=1.0, help="how long to count (default 1s)")
    faces.add_argument("--times", type=words.whole(1, 10**9), default=1, metavar="N", help="so many times")
    faces.add_argument("--json", action="store_true", help="one JSON object a line")
    faces.set_defaults(run=guarded(_interfaces))
    for name, text, run in (
        ("namespaces", "network namespaces, by name or by who is in them", _namespaces),
        ("containers", "containers that run, and whether they can be shaped", _containers),
    ):
        parser = actions.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        parser.add_argument("--json", action="store_true", help="one JSON object a line")
        parser.set_defaults(run=guarded(run))
    link = actions.add_parser("link", help="switch an interface on or off",
                              description="Switch an interface on or off. It stays so.")  # fmt: skip
    link.add_argument("state", choices=("up", "down"))
    link.add_argument("interface", metavar="NAME")
    link.add_argument("--namespace", default="", metavar="NAME", help=WHERE)
    link.set_defaults(run=guarded(_link))


def _show(arguments: argparse.Namespace) -> int:
    from procwire.shaping import guard
    from procwire.shaping.session import Shaper

    need_root()
    with Shaper() as shaper:
        entries = shaper.entries()
        told = guard.ask(shaper.journal.folder) if entries else None
        watched = set(told.held) if told is not None else set()
        for entry in entries:
            counted = shaper.counted(entry)
            if arguments.json:
                print(json.dumps({**record(entry), "watched": entry.id in watched, "counters": counted}))
                continue
            print(f"{clean(str(entry.document['target']))} ({entry.id}): {ending(entry)}")
            for line in entry.notes:
                print(f"  {clean(line)}")
            for each in counted:
                print(f"  {clean(_counted(each))}")
            if entry.id not in watched:
                print("  NOBODY watches over it: procwire shape recover")
        if not entries and not arguments.json:
            print("nothing is shaped")
    return exit.OK if all(entry.id in watched for entry in entries) else exit.INCOMPLETE


def _counted(each: dict[str, Any]) -> str:
    where = f"{each['interface']} {each['side']}"
    if not each["there"]:
        return f"{where}: is not there any more"
    return f"{where}: {each['packets']} packets, {each['drops']} dropped, {each['waiting']} waiting"


def _interfaces(arguments: argparse.Namespace) -> int:
    from procwire.shaping.counters import flow, readings
    from procwire.shaping.finding import Finder
    from procwire.shaping.namespace import OWN, path_of

    with Finder() as finder:
        kernel = finder.kernel(path_of(arguments.namespace) if arguments.namespace else OWN)
        before, since = {each.link.device: each for each in readings(kernel)}, time.monotonic()
        for number in range(arguments.times):
            time.sleep(arguments.span)
            now, at = readings(kernel), time.monotonic()
            if not arguments.json:
                print(("\n" if number else "") + HEAD, end="")
            for each in now:
                old = before.get(each.link.device, each)
                rates = flow(old.link, each.link, at - since)
                print(json.dumps(_interface(each, rates)) if arguments.json else _line(each, rates))
            before, since = {each.link.device: each for each in now}, at
    return exit.OK


def _interface(each: Reading, rates: Flow) -> dict[str, Any]:
    link = each.link
    return {
        "schema": INTERFACE_SCHEMA, "interface": link.name, "index": link.device, "up": link.is_up,
        "kind": link.kind, "mtu": link.mtu, "received_bits_per_second": round(rates.received, 1),
        "sent_bits_per_second": round(rates.sent, 1), "bytes_in": link.received_bytes,
        "bytes_out": link.sent_bytes, "drops_in": link.received_drops, "drops_out": link.sent_drops,
        "qdisc": each.kind, "shaped": each.is_ours, "qdisc_packets": each.queue.packets,
        "qdisc_drops": each.queue.drops, "qdisc_waiting": each.queue.queued,
    }  # fmt: skip


def _line(each: Reading, rates: Flow) -> str:
    state = "up" if each.link.is_up else "down"
    drops = each.link.received_drops + each.link.sent_drops + each.queue.drops
    queue = f"{each.kind or '-'}{' (procwire)' if each.is_ours else ''}"
    name = clean(each.link.name)
    return (
        f"{name:<16} {state:<5} {_bits(rates.received):>12} {_bits(rates.sent):>12} {drops:>7} "
        f"{each.queue.queued:>8}  {queue}"
    )


def _bits(value: float) -> str:
    for unit, size in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)):
        if value >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value:.0f} bit/s"


def _namespaces(arguments: argparse.Namespace) -> int:
    from procwire.shaping import namespace

    names, pids = namespace.named(), namespace.lived_in()
    for inode in sorted({*names, *pids}):
        inside = pids.get(inode, [])
        path = names.get(inode) or f"/proc/{inside[0]}/ns/net"
        if arguments.json:
            told = {"schema": NAMESPACE_SCHEMA, "inode": inode, "path": path, "processes": len(inside)}
            print(json.dumps({**told, "pid": inside[0] if inside else None}))
            continue
        short = path.rpartition("/")[2] if inode in names else f"pid={inside[0]}"
        print(f"namespace:{clean(short):<30} {inode}  {len(inside)} processes")
    return exit.OK


def _containers(arguments: argparse.Namespace) -> int:
    from pathlib import Path

    from procwire.shaping.finding import Finder
    from procwire.shaping.namespace import OWN

    own = Path(OWN).stat().st_ino
    with Finder() as finder:
        found = finder.containers()
    for container, pid in found:
        try:
            shared = Path(f"/proc/{pid}/ns/net").stat().st_ino == own
        except OSError:
            continue
        name = container.name or container.id[:12]
        if arguments.json:
            told = {"schema": CONTAINER_SCHEMA, "id": container.id, "name": name, "pid": pid,
                    "runtime": container.runtime, "image": container.image,
                    "host_network": shared}  # fmt: skip
            print(json.dumps(told))
        else:
            note = "  shares the host's network: shape its cgroup" if shared else ""
            print(f"container:{clean(name):<30} {container.runtime or '-':<12} pid {pid}{note}")
    if not found and not arguments.json:
        print("no container is running")
    return exit.OK


def _link(arguments: argparse.Namespace) -> int:
    from procwire.shaping.finding import Finder
    from procwire.shaping.namespace import OWN, GoneError, path_of
    from procwire.shaping.session import Shaper

    need_root()
    with Finder() as finder, Shaper() as shaper:
        kernel = finder.kernel(path_of(arguments.namespace) if arguments.namespace else OWN)
        link = kernel.link(arguments.interface)
        if link is None:
            raise GoneError(f"no interface is called {arguments.interface!r}")
        shaper.switch(kernel, link, up=arguments.state == "up")
    done = {"interface": arguments.interface, "namespace": arguments.namespace}
    recorded(arguments, "shaped", {"what": f"link-{arguments.state}", **done})
    print(f"{clean(arguments.interface)} is {arguments.state}")
    return exit.OK

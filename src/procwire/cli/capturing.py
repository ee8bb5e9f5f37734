"""What ``watch`` and ``daemon`` share: how packets are taken, and what is said of it."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from procwire.api.messages import SOCKET
from procwire.cli import arguments as words
from procwire.sandbox.capabilities import NET_RAW, effective

if TYPE_CHECKING:  # a terminal has these words too, and is no engine
    from procwire.cli.detecting import Detecting
    from procwire.engine.api import Watching, WatchOptions


def add_interfaces(parser: argparse.ArgumentParser) -> None:
    """--interface."""
    parser.add_argument(
        "-i", "--interface", action="append", default=[], metavar="IF",
        help="watch this interface; again for more (default: all, new ones too)",
    )  # fmt: skip


def add_capture(parser: argparse.ArgumentParser) -> None:
    """How packets are taken."""
    parser.add_argument(
        "--capture-filter", metavar="EXPR", default="",
        help="let only these packets in, in tcpdump's language, e.g. 'tcp port 443'",
    )  # fmt: skip
    parser.add_argument(
        "--snaplen", type=words.whole(64, 262_144), default=262_144, metavar="N",
        help="bytes kept of each packet (default 262144)",
    )  # fmt: skip
    parser.add_argument("--promiscuous", action="store_true", help="also packets for other hosts")
    parser.add_argument(
        "--fanout",
        type=words.whole(1, 64),
        default=1,
        metavar="N",
        help="rings for each interface (default 1)",
    )
    parser.add_argument(
        "--ring", type=words.size, metavar="SIZE",
        help="memory in which the kernel keeps packets until they are read, for each interface, e.g. 64MB",
    )  # fmt: skip
    parser.add_argument(
        "--source", choices=("bpf", "tap", "both"), default="",
        help="where packets are seen: both, at sockets and interfaces, counted in the kernel (default, where "
        "the kernel lets it); bpf, at the sockets alone; tap, at the interfaces, each packet read here",
    )  # fmt: skip
    parser.add_argument(
        "--depth", choices=("first", "requests", "full"), default="requests",
        help="what is read of each flow: first, its first bytes; requests, what its protocol still tells "
        "(default); full, every packet",
    )  # fmt: skip
    parser.add_argument("--no-owners", action="store_true", help="do not look processes up")
    parser.add_argument(
        "--hash", action="store_true",
        help="SHA-256 and BLAKE3 of the owners' programs, read once each at 64 MB/s at most",
    )  # fmt: skip
    words.add_keys(parser)
    words.add_sandbox(parser)
    words.add_flows(parser)


def add_attach(parser: argparse.ArgumentParser) -> None:
    """--attach and --socket."""
    parser.add_argument(
        "--attach", action="store_true",
        help="capture nothing, show what a running daemon sees (for others than root, where its socket may "
        "be opened, that is what happens anyway)",
    )  # fmt: skip
    parser.add_argument(
        "--socket", metavar="PATH", default="", help=f"attach to the daemon at PATH (default {SOCKET})"
    )


def daemon_for(arguments: argparse.Namespace) -> str:
    """The socket of the daemon that is to be asked; empty where the host itself is looked at."""
    if arguments.attach or arguments.socket:
        return arguments.socket or SOCKET
    if os.geteuid() == 0 or effective() >> NET_RAW & 1 or not os.access(SOCKET, os.W_OK):
        return ""
    own = arguments.interface or arguments.write or arguments.log_events or arguments.record
    return "" if own else SOCKET


def watch_options(arguments: argparse.Namespace, found: Detecting | None = None) -> WatchOptions:
    """The engine's options from the parsed words; --for, --every and --write are a watch's alone."""
    from procwire.cli import alerting, recording
    from procwire.cli.storing import folders
    from procwire.engine.api import WatchOptions

    return WatchOptions(
        interfaces=tuple(arguments.interface),
        capture_filter=arguments.capture_filter,
        snaplen=arguments.snaplen,
        promiscuous=arguments.promiscuous,
        fanout=arguments.fanout,
        ring_bytes=arguments.ring,
        seconds=getattr(arguments, "seconds", None),
        every=getattr(arguments, "every", None),
        owners=not arguments.no_owners,
        hashes=arguments.hash,
        write=getattr(arguments, "write", ""),
        kept=recording.wishes_of(arguments),
        keylog=arguments.keylog,
        source=arguments.source,
        depth=arguments.depth,
        sandbox=arguments.sandbox,
        folders=(*folders(arguments), *recording.folders(arguments), *alerting.folders(arguments)),
        readable=found.places if found is not None else (),
        flows=words.flow_options(arguments),
    )


def losses_of(watching: Watching) -> tuple[str, ...]:
    """What was lost before anybody could look at it."""
    from procwire.cli.detecting import losses

    evicted = watching.pipeline.tracker.counts.evicted
    return losses(dropped=watching.source.counts.dropped, evicted=evicted)


def greet(watching: Watching) -> None:
    """Say on standard error what is being watched, and what is not as it should be."""
    from procwire.engine.api import compiled_modules

    names = [interface.name for interface in watching.source.interfaces[1:]]
    print(f"procwire: watching {', '.join(names) or 'no interface yet'}", file=sys.stderr)
    for name, reason in watching.source.refused.items():
        print(f"procwire: not watching {name}: {reason}", file=sys.stderr)
    if watching.source_problem:
        print(
            f"procwire: packets from {watching.source_name} alone: {watching.source_problem}", file=sys.stderr
        )
    if watching.kernel_problem:
        print(f"procwire: owners from sock_diag alone: {watching.kernel_problem}", file=sys.stderr)
    _, slow = compiled_modules()
    if slow:
        print(
            f"procwire: {len(slow)} modules run uncompiled, so slowly: see procwire doctor", file=sys.stderr
        )
    sys.stderr.flush()


def refused_by(watching: Watching) -> int:
    """Flows whose owner was not looked up, as too many were new at once."""
    resolver = watching.resolver
    return resolver.refused if resolver is not None else 0

"""Words that several commands share on their command line, and how their values are read."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from procwire.engine.options import TIMEOUTS, FlowOptions
from procwire.recorder.shapes import NAMES as SHAPES
from procwire.recorder.shapes import OWN
from procwire.sandbox.plan import MODES, OFF

GROUPS = ("process", "remote", "protocol", "unit", "container")
FILTER_HELP = "show only what matches, e.g. 'proto == tls and bytes > 1MB' (see FILTERS in the manual page)"
TIMEOUT_NAMES = tuple(name.replace("_", "-") for name in TIMEOUTS)


def duration(text: str) -> int:
    """``30s``, ``5m``, ``1.5h``, bare seconds: ns."""
    from procwire.model.values import parse_duration

    try:
        value = parse_duration(text if not text.replace(".", "", 1).isdigit() else f"{text}s")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time span above zero")
    return value


def seconds(text: str) -> float:
    """A duration, in seconds."""
    return duration(text) / 1e9


def size(text: str) -> int:
    """``64MB``, ``8MiB``, bare bytes."""
    from procwire.model.values import parse_size

    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def whole(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{value} is not between {low} and {high}")
        return value

    return number


def timeout(text: str) -> tuple[str, int]:
    """``NAME=SPAN``."""
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SPAN, e.g. udp=60s")
    name = name.strip().replace("_", "-")
    if name not in TIMEOUT_NAMES:
        raise argparse.ArgumentTypeError(
            f"no timeout is called {name!r}; there are {', '.join(TIMEOUT_NAMES)}"
        )
    return name.replace("-", "_"), duration(value)


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """--json, --csv, --table, --group and --filter."""
    parser.add_argument("--filter", metavar="EXPR", default="", help=FILTER_HELP)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    form.add_argument("--table", action="store_true", help="a table for people")
    add_shape(parser)
    parser.add_argument("--group", choices=GROUPS, help="one row a group instead of one a flow")


def add_shape(parser: argparse.ArgumentParser) -> None:
    """--json-shape."""
    parser.add_argument(
        "--json-shape", choices=SHAPES, default=OWN,
        help="whose words lines of JSON are in: procwire's (default), Elastic's ECS, OCSF or Suricata's EVE; "
        "of flows and observations",
    )  # fmt: skip


def add_observations(parser: Any) -> None:
    """--observations, to a parser or to a group of words that exclude each other."""
    parser.add_argument(
        "--observations", nargs="?", const="", metavar="TABLES",
        help="one line for each request, answer, query, handshake, ... instead of one a flow; only those of "
        "TABLES where named, e.g. dns,http (procwire columns lists them)",
    )  # fmt: skip


def settled(given: list[str]) -> list[str]:
    """The words of a command line; a file behind a bare --observations or --findings is a file, no name."""
    found: list[str] = []
    for word in given:
        if found and found[-1] in {"--observations", "--findings"} and (word == "-" or Path(word).exists()):
            found[-1] += "="
        found.append(word)
    return found


def add_findings(parser: argparse.ArgumentParser, what: Any) -> None:
    """--findings, in the group of words that exclude each other, and the detectors' settings."""
    what.add_argument(
        "--findings", nargs="?", const="", metavar="DETECTORS",
        help="one line for each thing that detectors find, instead of one a flow; only DETECTORS where "
        "named, e.g. scan,beacon (procwire detectors lists them)",
    )  # fmt: skip
    add_detectors(parser)


def add_detectors(parser: argparse.ArgumentParser) -> None:
    """Rules and the detectors' settings."""
    parser.add_argument(
        "--rules", action="append", default=[], metavar="DIR",
        help="also the rules in DIR, or of one file (again for more; procwire rules tells of them)",
    )  # fmt: skip
    parser.add_argument(
        "--threshold", action="append", default=[], dest="thresholds", metavar="NAME=VALUE",
        help="a detector's setting, e.g. scan.ports=50 (again for more)",
    )  # fmt: skip
    policy = parser.add_argument(
        "--egress", metavar="FILE", default="",
        help="hold flows against this policy (procwire egress); of a watch by default against "
        "/etc/procwire/egress.yaml, where there is one",
    )  # fmt: skip
    policy.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}  # type: ignore[attr-defined]


def add_flows(parser: argparse.ArgumentParser) -> None:
    """Limits of the flow table, and what is looked for in flows."""
    add_extensions(parser)
    parser.add_argument(
        "--max-flows", type=whole(1, 1 << 29), default=1_000_000, metavar="N",
        help="flows held at once; beyond it the least recently used is evicted and counted (default 1000000)",
    )  # fmt: skip
    parser.add_argument(
        "--timeout", type=timeout, action="append", default=[], metavar="NAME=SPAN",
        help=f"end flows idle for SPAN; NAME is {', '.join(TIMEOUT_NAMES[:-1])} or {TIMEOUT_NAMES[-1]}",
    )  # fmt: skip
    parser.add_argument("--no-protocols", action="store_true", help="count flows, look at no payload")
    parser.add_argument(
        "--geoip", action="append", default=[], metavar="FILE",
        help="name countries, cities and networks by the MaxMind DB FILE (default: *.mmdb in "
        "/var/lib/procwire/geoip, /etc/procwire/geoip, /usr/share/GeoIP and /var/lib/GeoIP)",
    )  # fmt: skip
    parser.add_argument(
        "--labels", action="store_true",
        help="name special ranges and registered domains (columns src_range, dst_range, server_domain), with "
        "databases or without",
    )  # fmt: skip


def add_keys(parser: argparse.ArgumentParser) -> None:
    """--keylog."""
    parser.add_argument(
        "--keylog", metavar="FILE", default=os.environ.get("SSLKEYLOGFILE", ""),
        help="read encrypted traffic with the secrets that its clients write to FILE (SSLKEYLOGFILE, which "
        "is also the default; secrets inside pcapng are used anyway)",
    )  # fmt: skip


def add_sandbox(parser: argparse.ArgumentParser) -> None:
    """--sandbox. None where it is not given: then it depends on whose process it is (cli.main)."""
    parser.add_argument(
        "--sandbox", choices=MODES, default=None,
        help="what the process that parses gives up before the first byte: strict, everything or it does not "
        "start; best-effort, what this kernel can take (default); off",
    )  # fmt: skip


def add_extensions(parser: argparse.ArgumentParser) -> None:
    """--protocols and --fingerprints."""
    parser.add_argument(
        "--protocols", action="append", default=[], metavar="DIR", dest="protocol_directories",
        help="recognise also what the *.yaml files in DIR describe (default: ~/.config/procwire/protocols "
        "and /etc/procwire/protocols)",
    )  # fmt: skip
    parser.add_argument(
        "--fingerprints", action="append", default=[], metavar="FILE",
        help="name clients by the fingerprints in FILE too (default: ~/.config/procwire/fingerprints.yaml "
        "and /etc/procwire/fingerprints.yaml)",
    )  # fmt: skip


def tell_open(boundaries: Mapping[str, str]) -> None:
    """Say on standard error which boundaries stand open; nothing where it was asked for."""
    if boundaries and set(boundaries.values()) != {OFF}:
        reasons = "; ".join(dict.fromkeys(boundaries.values()))
        print(f"procwire: not confined in {', '.join(boundaries)}: {reasons}", file=sys.stderr)


def tell_keys(keys: Any) -> None:
    """Say on standard error what of a key log (None for none) did not serve."""
    for trouble in keys.troubles() if keys is not None else ():
        print(f"procwire: {trouble}", file=sys.stderr)


def flow_options(arguments: argparse.Namespace) -> FlowOptions:
    """The engine's options from the parsed words."""
    return FlowOptions(
        max_flows=arguments.max_flows,
        timeouts=dict(arguments.timeout),
        protocols=not arguments.no_protocols,
    )

"""Every key of the configuration, declared once: name, kind, default, one true sentence, whose word it is.

The files, the environment, ``procwire config`` and docs/reference/configuration.md derive from these. A key
stands for an option of a command and takes its place where the option is not given; one without an option
stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from procwire.configuration.sinks import shown, sinks_of
from procwire.model.columns import Kind
from procwire.model.values import SECOND


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is its section and word; ``dest`` the option's place among parsed arguments of ``commands``.

    ``default`` is written as in a file. ``turn`` makes of a checked value what the option would have made.
    """

    name: str
    kind: Kind
    default: Any
    doc: str
    commands: tuple[str, ...]
    dest: str
    option: str
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = (1 << 63) - 1
    spans: bool = False  # a table of names with a duration each
    turn: Callable[[Any], Any] | None = None
    check: Callable[[Any], Any] | None = None  # in place of the kind's own; such a key stands in files alone
    told: Callable[[Any], Any] | None = None  # what is shown of it, where that is not all

    @property
    def section(self) -> str:
        """The table of the file that it stands in."""
        return self.name.partition(".")[0]

    @property
    def word(self) -> str:
        """Its name in that table."""
        return self.name.partition(".")[2]

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return "PROCWIRE_" + self.name.replace(".", "_").upper()


def _no(value: Any) -> bool:
    return not value


def _or_none(value: Any) -> Any:
    return value or None


def _seconds(value: int) -> float:
    return value / SECOND


_WATCH = ("watch", "daemon")
_FLOWS = ("watch", "daemon", "read")
_KEEPS = ("watch", "daemon", "read", "ps", "doctor")
_ALERTS = ("watch", "daemon", "alerts")
_ASKS = ("history", "flow", "query")

KEYS: tuple[Key, ...] = (
    Key(name="watch.interfaces", kind=Kind.LIST, default=[], commands=_WATCH, dest="interface",
        option="--interface", doc="Interfaces to watch; none: all, new ones too."),
    Key(name="watch.capture_filter", kind=Kind.TEXT, default="", commands=_WATCH, dest="capture_filter",
        option="--capture-filter", doc="Which packets are let in, in tcpdump's language."),
    Key(name="watch.snaplen", kind=Kind.SIZE, default=262_144, commands=_WATCH, dest="snaplen",
        option="--snaplen", doc="Bytes kept of each packet.", low=64, high=262_144),
    Key(name="watch.promiscuous", kind=Kind.BOOLEAN, default=False, commands=_WATCH, dest="promiscuous",
        option="--promiscuous", doc="Whether packets for other hosts are watched too."),
    Key(name="watch.fanout", kind=Kind.INTEGER, default=1, commands=_WATCH, dest="fanout",
        option="--fanout", doc="Rings for each interface.", low=1, high=64),
    Key(name="watch.ring", kind=Kind.SIZE, default=None, commands=_WATCH, dest="ring", option="--ring",
        doc="Memory in which the kernel keeps packets until they are read, for each interface; chosen by the "
        "number of interfaces where it is not set."),
    Key(name="watch.source", kind=Kind.TEXT, default="", commands=_WATCH, dest="source", option="--source",
        doc="Where packets are seen; chosen where it is not set.", choices=("bpf", "tap", "both")),
    Key(name="watch.depth", kind=Kind.TEXT, default="requests", commands=_WATCH, dest="depth",
        option="--depth", doc="What is read of each flow.", choices=("first", "requests", "full")),
    Key(name="watch.owners", kind=Kind.BOOLEAN, default=True, commands=_WATCH, dest="no_owners",
        option="--no-owners", doc="Whether the processes behind flows are looked up.", turn=_no),
    Key(name="watch.hash", kind=Kind.BOOLEAN, default=False, commands=_WATCH, dest="hash", option="--hash",
        doc="Whether the owners' programs are hashed."),
    Key(name="watch.filters", kind=Kind.TEXT, default="", commands=(*_FLOWS, "filters"), dest="filters",
        option="--filters", doc="File with filters of what is watched: see docs/history.md."),
    Key(name="flows.max_flows", kind=Kind.INTEGER, default=1_000_000, commands=_FLOWS, dest="max_flows",
        option="--max-flows", doc="Flows held at once.", low=1, high=1 << 29),
    Key(name="flows.timeouts", kind=Kind.DURATION, default={}, commands=_FLOWS, dest="timeout",
        option="--timeout", doc="How long a flow may be idle, by name: udp = \"60s\".", spans=True,
        turn=lambda value: list(value.items())),
    Key(name="flows.protocols", kind=Kind.BOOLEAN, default=True, commands=_FLOWS, dest="no_protocols",
        option="--no-protocols", doc="Whether payload is looked at.", turn=_no),
    Key(name="flows.descriptions", kind=Kind.LIST, default=[], commands=(*_FLOWS, *_ASKS),
        dest="protocol_directories", option="--protocols",
        doc="Directories with descriptions of protocols; the usual ones where none is named."),
    Key(name="geoip.databases", kind=Kind.LIST, default=[], commands=_FLOWS, dest="geoip", option="--geoip",
        doc="MaxMind DB files with countries, cities and networks; those at the usual places where none is "
        "named."),
    Key(name="geoip.labels", kind=Kind.BOOLEAN, default=False, commands=_FLOWS, dest="labels",
        option="--labels", doc="Whether special ranges and registered domains are named, with databases or "
        "without."),
    Key(name="store.enabled", kind=Kind.BOOLEAN, default=False, commands=_WATCH, dest="store",
        option="--store", doc="Whether a watch keeps what it sees, as with --store."),
    Key(name="store.directory", kind=Kind.TEXT, default="", commands=(*_ASKS, "filters"), dest="store",
        option="--store",
        doc="Where it is kept; the state directory of the user where it is not set."),
    Key(name="store.age", kind=Kind.DURATION, default="30d", commands=_KEEPS, dest="store_age",
        option="--store-age", doc="What was stored longer ago is forgotten.", low=1),
    Key(name="store.size", kind=Kind.SIZE, default="1GB", commands=_KEEPS, dest="store_size",
        option="--store-size", doc="The oldest is forgotten where the file grows beyond this."),
    Key(name="ledger.directory", kind=Kind.TEXT, default="", commands=_WATCH, dest="ledger",
        option="--ledger",
        doc="Where a watch keeps its ledger, and where commands that change something record that; none "
        "where it is not set.", turn=_or_none),
    Key(name="recorder.record", kind=Kind.LIST, default=[], commands=("daemon",), dest="record",
        option="--record", doc="Rings that a daemon keeps the latest packets in from its start, each as "
        "--record has it: \"5m,256MB\", \"eth0:1h,headers\"; none: it records nothing."),
    Key(name="recorder.record_only", kind=Kind.TEXT, default="", commands=("daemon",), dest="record_only",
        option="--record-only", doc="Which flows are recorded."),
    Key(name="recorder.freeze_on", kind=Kind.LIST, default=[], commands=("daemon",), dest="freeze_on",
        option="--freeze-on", doc="Detectors, rules or severities whose findings freeze an incident."),
    Key(name="recorder.before", kind=Kind.DURATION, default="2m", commands=_WATCH, dest="before",
        option="--before", doc="Of an incident: so much of what came before.", low=1),
    Key(name="recorder.after", kind=Kind.DURATION, default="30s", commands=_WATCH, dest="after",
        option="--after", doc="Of an incident: so much of what comes after."),
    Key(name="recorder.quota", kind=Kind.SIZE, default="10GB", commands=_WATCH, dest="quota",
        option="--quota", doc="All incidents together take no more."),
    Key(name="detect.rules", kind=Kind.LIST, default=[], commands=_FLOWS, dest="rules", option="--rules",
        doc="Directories or files with rules besides the usual ones."),
    Key(name="detect.thresholds", kind=Kind.LIST, default=[], commands=_FLOWS, dest="thresholds",
        option="--threshold",
        doc="Settings of detectors, each written NAME=VALUE: scan.ports=50 (procwire detectors names them)."),
    Key(name="egress.policy", kind=Kind.TEXT, default="", commands=_WATCH, dest="egress",
        option="--egress",
        doc="The policy of egress that is in force; the one at the usual place where it is not set."),
    Key(name="shaping.management", kind=Kind.LIST, default=[], commands=("shape",), dest="management",
        option="--management", doc="Networks (CIDR) that `procwire shape set` never shapes."),
    Key(name="query.rows", kind=Kind.INTEGER, default=10_000, commands=("query",), dest="rows",
        option="--rows", doc="Rows of one answer, at most.", low=1, high=1 << 40),
    Key(name="query.deadline", kind=Kind.DURATION, default="30s", commands=("query",), dest="deadline",
        option="--deadline", doc="Time for one answer, at most.", turn=_seconds, low=1),
    Key(name="query.memory", kind=Kind.SIZE, default="512MiB", commands=("query",), dest="memory",
        option="--memory", doc="Memory of SQLite for one answer, at most."),
    Key(name="alerts.sinks", kind=Kind.LIST, default=[], commands=_ALERTS, dest="alert_sinks", option="",
        doc="Where alerts go, a table each: see below.", check=sinks_of, told=shown),
    Key(name="alerts.directory", kind=Kind.TEXT, default="", commands=(*_ALERTS, "top"),
        dest="alert_directory", option="--alerts-directory",
        doc="Where the outbox lies; the state directory of the user where it is not set."),
    Key(name="alerts.window", kind=Kind.DURATION, default="5m", commands=_WATCH, dest="alert_window",
        option="", doc="Time in which the same counts as one alert.", low=1),
    Key(name="alerts.rate", kind=Kind.INTEGER, default=60, commands=_WATCH, dest="alert_rate", option="",
        doc="Alerts told in a minute, and as many critical ones; the rest is held back and summed up.",
        low=1),
    Key(name="alerts.keep", kind=Kind.INTEGER, default=100_000, commands=_WATCH, dest="alert_keep", option="",
        doc="Alerts in the outbox, at most; the oldest that every sink has go first.", low=100),
    Key(name="alerts.give_up", kind=Kind.DURATION, default="24h", commands=_WATCH, dest="alert_give_up",
        option="", doc="A delivery that fails for so long is a dead letter.", low=1),
    Key(name="alerts.maintenance", kind=Kind.LIST, default=[], commands=_WATCH, dest="alert_maintenance",
        option="", doc="Windows in UTC in which alerts are held back and summed up after: "
        "\"daily 02:00-03:30\", \"sat 22:00-02:00\", or two times with a slash between."),
)  # fmt: skip

BY_NAME = {key.name: key for key in KEYS}
SECTIONS = tuple(dict.fromkeys(key.section for key in KEYS))

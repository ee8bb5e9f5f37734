"""Every protocol there is, one line each, and which of them to ask for a given first byte.

A module is imported when a flow may be its own, as what dispatch needs is declared beside it (dpi.declared).
All are where somebody asks for tables, words or the modules themselves, and before packets are live. Knows
modules, tables and ports; refuses to look at more than the first byte of a stream, since that is what the
modules' own ``claims`` are for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

import msgspec

from procwire.dpi.declared import PACKAGE, Declared, read
from procwire.dpi.entry import Entry
from procwire.model._ip_names import IP_PROTOCOLS
from procwire.model.columns import Column, Table
from procwire.model.observation import (
    Announced,
    Carried,
    Observation,
    Unanswered,
    Upgraded,
    columns_of,
    table_of,
)

# Names of modules in dpi/protocols, in the order in which they are asked; one a line, each in its section.
PROTOCOLS: tuple[str, ...] = (
    "http",
    "tls",
    "dns",
    "quic",
    # the web, mail, files and remote work
    "ssh",
    "smtp",
    "imap",
    "pop3",
    "ftp",
    "ftp_data",
    "telnet",
    "http2",
    "websocket",
    "sse",
    "socks",
    "proxy_protocol",
    "dtls",
    "irc",
    "xmpp",
    "bittorrent",
    # names, addresses, routing, tunnels, telephony
    "mdns",
    "llmnr",
    "nbns",
    "dhcp",
    "dhcpv6",
    "ntp",
    "snmp",
    "ssdp",
    "syslog",
    "tftp",
    "radius",
    "ldap",
    "kerberos",
    "stun",
    "sip",
    "rtsp",
    "wireguard",
    "openvpn",
    "ike",
    "l2tp",
    "pptp",
    "rtcp",
    "rtp",
    "smb",
    "netbios",
    "dcerpc",
    "nfs",
    "rpc",
    "rdp",
    "vnc",
    "x11",
    "bgp",
    "git",
    "rsync",
    "netflow",
    "sflow",
    "whois",
    "finger",
    "capwap",
    # databases, messaging, industry
    "postgresql",
    "mysql",
    "redis",
    "memcached",
    "mongodb",
    "cassandra",
    "tds",
    "mqtt",
    "amqp",
    "kafka",
    "nats",
    "modbus",
    "dnp3",
    "s7comm",
    "iec104",
    "synchrophasor",
    "enip",
    "bacnet",
    "opcua",
    "coap",
    "zmtp",
    "aerospike",
    "adb",
    "zabbix",
    "statsd",
    "graphite",
    "bitcoin",
    "gnutella",
    "minecraft",
    "source_engine",
    # what has no ports, and what is not IP
    "icmp",
    "icmp6",
    "igmp",
    "sctp",
    "esp",
    "arp",
    "lldp",
)

LINK = 1 << 16  # added to an ethertype, for what is not IP
LINKS = {"arp": LINK | 0x0806, "lldp": LINK | 0x88CC}
TRANSPORTS = {name: number for number, name in IP_PROTOCOLS.items()} | LINKS
_NEEDED = ("NAME", "PORTS", "TRANSPORTS", "FIRST", "OBSERVATIONS", "claims", "Parser")


class RegistryError(Exception):
    """A protocol module does not keep to the contract."""


class ProtocolInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a protocol module says of itself."""

    name: str
    transports: tuple[str, ...]
    ports: tuple[str, ...]  # "tcp/80"; hints only
    summary: str  # first line of the docstring
    recognised: str  # the rest of it
    tables: tuple[str, ...]


class Registry:
    """Dispatch tables over a list of protocol modules, or of what they declare.

    Raises RegistryError for an incomplete one.
    """

    def __init__(self, modules: Iterable[Any]) -> None:
        self.by_name: dict[str, Entry] = {}
        self.ports: dict[tuple[int, int], tuple[Entry, ...]] = {}
        self.transports: dict[int, str] = {}  # those that a module speaks over, by number
        self._first: dict[int, list[tuple[Entry, ...]]] = {}
        for module in modules:
            self._add(module)
        alike: dict[tuple[Entry, ...], tuple[Entry, ...]] = {}  # most bytes have their entries from a few
        for table in self._first.values():
            table[:] = [alike.setdefault(entries, entries) for entries in table]

    def load(self) -> None:
        """Import what is only declared so far: a watch has time for that before it begins, and none later."""
        for entry in self.by_name.values():
            entry.load()

    @property
    def modules(self) -> tuple[Any, ...]:
        """All of them, imported. Raises what importing one raises."""
        found = [entry.module for entry in self.by_name.values()]
        return tuple([each.load() if isinstance(each, Declared) else each for each in found])

    def replaced(self, modules: dict[str, Any]) -> Registry:
        """A registry like this one with other modules for these names; what else they begin with is added."""
        made = Registry(())
        fresh = {
            self.by_name[name]: Entry(name, module.claims, module.Parser, module, _usual(module))
            for name, module in modules.items()
        }
        made.by_name = {name: fresh.get(entry, entry) for name, entry in self.by_name.items()}
        made.transports, made.ports = dict(self.transports), dict(self.ports)
        made._first = {number: list(table) for number, table in self._first.items()}
        for old, entry in fresh.items():
            for transport, port in old.module.PORTS:
                key = (TRANSPORTS[transport], port)
                made.ports[key] = _exchanged(made.ports[key], old, entry)
            for transport in old.module.TRANSPORTS:
                table = made._first[TRANSPORTS[transport]]
                before = set(range(256) if old.module.FIRST is None else old.module.FIRST)
                for byte in before:
                    table[byte] = _exchanged(table[byte], old, entry)
                for byte in set(entry.module.FIRST or b"") - before:
                    table[byte] += (entry,)
        return made

    def _add(self, module: Any) -> None:
        if not isinstance(module, Declared):
            _check(module)
        unknown = sorted(set(module.TRANSPORTS) - TRANSPORTS.keys())
        if unknown or module.NAME in self.by_name:
            raise RegistryError(f"{module.NAME}: {unknown or 'the name is taken'}")
        parts = getattr(module, "claims", None), getattr(module, "Parser", None)
        entry = Entry(module.NAME, *parts, module, _usual(module))
        self.by_name[entry.name] = entry
        for transport in module.TRANSPORTS:
            self.transports[TRANSPORTS[transport]] = transport
            table = self._first.setdefault(TRANSPORTS[transport], [() for _ in range(256)])
            first = range(256) if module.FIRST is None else set(module.FIRST)
            for byte in () if entry.follows else first:
                table[byte] = (*table[byte], entry)
        for transport, port in module.PORTS:
            key = (TRANSPORTS[transport], port)
            self.ports[key] = (*self.ports.get(key, ()), entry)

    def dispatch(self, proto: int) -> list[tuple[Entry, ...]] | None:
        """First byte -> protocols to ask, for a number of ``transports``; None where none speaks over it."""
        return self._first.get(proto)

    def hinted(self, proto: int, src_port: int, dst_port: int) -> tuple[Entry, ...]:
        """Protocols that a port hints at: the answering side's port first."""
        return self.ports.get((proto, dst_port)) or self.ports.get((proto, src_port), ())

    def protocols(self) -> list[ProtocolInfo]:
        """What is declared, in order of registration."""
        return [_info(module) for module in self.modules]

    def tables(self) -> list[Table]:
        """Every table that observations declare: classes that share a table share its columns' order."""
        from procwire.dpi.decryption import Decryption
        from procwire.dpi.wire import http3_records

        classes = [cls for module in self.modules for cls in module.OBSERVATIONS]
        named: dict[str, list[type[Observation]]] = {}
        for cls in [
            *classes,
            Upgraded,
            Carried,
            Announced,
            Unanswered,
            Decryption,
            *http3_records.OBSERVATIONS,
        ]:
            named.setdefault(cls.TABLE, [])
            if cls not in named[cls.TABLE]:
                named[cls.TABLE].append(cls)
        return [_merged(of_one) for of_one in named.values()]


def _check(module: Any) -> None:
    missing = [name for name in _NEEDED if not hasattr(module, name)]
    if missing or not module.__doc__:
        raise RegistryError(f"{module.__name__} has no {', '.join(missing) or 'docstring'}")


def _exchanged(entries: tuple[Entry, ...], old: Entry, new: Entry) -> tuple[Entry, ...]:
    return tuple([new if entry is old else entry for entry in entries])


def _usual(module: Any) -> dict[int, frozenset[int]]:
    if getattr(module, "ROAMS", False):
        return {}
    return {
        TRANSPORTS[transport]: frozenset(port for over, port in module.PORTS if over == transport)
        for transport in module.TRANSPORTS
    }


def _info(module: Any) -> ProtocolInfo:
    import inspect  # heavy: no watch asks for words

    summary, _, rest = inspect.cleandoc(module.__doc__).partition("\n")
    return ProtocolInfo(
        name=module.NAME,
        transports=tuple(sorted(module.TRANSPORTS)),
        ports=tuple(f"{transport}/{port}" for transport, port in sorted(module.PORTS)),
        summary=summary.strip(),
        recognised=" ".join(rest.split()),
        tables=tuple(dict.fromkeys(cls.TABLE for cls in module.OBSERVATIONS)),
    )


def _optional(column: Column) -> Callable[[Any], Any]:
    name, read = column.name, column.get

    def get(row: Any) -> Any:
        return read(row) if hasattr(row, name) else None

    return get


def _merged(classes: list[type[Observation]]) -> Table:
    if len(classes) == 1:
        return table_of(classes[0])
    columns: dict[str, Column] = {}
    for cls in classes:
        for column in columns_of(cls):
            if column.name not in columns:
                columns[column.name] = msgspec.structs.replace(column, get=_optional(column))
    first = table_of(classes[0])
    doc = " / ".join(dict.fromkeys(table_of(cls).doc for cls in classes))
    return msgspec.structs.replace(first, doc=doc, columns=tuple(columns.values()))


@lru_cache(maxsize=1)
def modules() -> tuple[ModuleType, ...]:
    """Every protocol module, in the order of PROTOCOLS."""
    return tuple(import_module(f"{PACKAGE}.{name}") for name in PROTOCOLS)


def declared() -> tuple[Any, ...]:
    """What each of them declares, in their order; the module itself where that was not written down yet."""
    from procwire.dpi._declared_names import DECLARED

    known = {each.module: each for each in read(DECLARED)}
    return tuple(known.get(name) or import_module(f"{PACKAGE}.{name}") for name in PROTOCOLS)


_further: tuple[Any, ...] = ()


def extend(further: Iterable[Any]) -> None:
    """Have these modules in the registry behind our own, and no others: once, before anything is read.

    Raises RegistryError, and changes nothing then.
    """
    global _further
    wanted = tuple(further)
    if wanted == _further:
        return
    Registry((*declared(), *wanted))
    _further = wanted
    registry.cache_clear()


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The registry of all protocols."""
    return Registry((*declared(), *_further))


def request_ports() -> frozenset[tuple[int, int]]:
    """(IP protocol, port) of the protocols whose every datagram says something: a question or its answer.

    A module says so of itself by ``REQUESTS``. Media, tunnels, ciphertext and exports of flows do not: much
    passes, and nothing answers. TCP's streams are followed by what their readers want.
    """
    asked = [module for module in (*declared(), *_further) if getattr(module, "REQUESTS", False)]
    return frozenset(
        (TRANSPORTS[transport], port)
        for module in asked
        for transport, port in module.PORTS
        if transport == "udp"
    )


def protocols() -> list[ProtocolInfo]:
    """Every registered protocol's declaration."""
    return registry().protocols()


def tables() -> list[Table]:
    """Every table declared by a registered protocol."""
    return registry().tables()

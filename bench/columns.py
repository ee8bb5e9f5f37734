"""Which column of procwire says what which field of tshark says, and how the two spellings become one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bench.dissector import Frame, Shown
from bench.tally import plain_address
from procwire.dpi.wire._tls_names import CIPHERS, VERSIONS
from procwire.dpi.wire.dns_names import RCODES

Ours = Callable[[Any], Iterable[str]]
Theirs = Callable[[Frame], Iterable[str]]
LABELS = {  # of a name's parts: RFC 4514 section 3, RFC 4519, and what is in use beyond
    "commonName": "CN", "countryName": "C", "organizationName": "O", "organizationalUnitName": "OU",
    "localityName": "L", "stateOrProvinceName": "ST", "streetAddress": "STREET", "surname": "SN",
    "givenName": "GN", "domainComponent": "DC", "dc": "DC",
    "jurisdictionOfIncorporationCountryName": "jurisdictionC",
    "jurisdictionOfIncorporationLocalityName": "jurisdictionL",
    "jurisdictionOfIncorporationStateOrProvinceName": "jurisdictionST",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that both read, and where each has it."""

    name: str
    layers: tuple[str, ...]  # tshark dissects a flow of it with one of these
    tables: tuple[str, ...]
    ours: Ours
    theirs: Theirs
    names: tuple[str, ...]  # tshark's fields that are needed


def column(name: str) -> Ours:
    """A column's value or values, empty ones left out."""

    def values(record: Any) -> Iterable[str]:
        found = getattr(record, name, None)
        each = found if isinstance(found, tuple) else (found,)
        return [str(one) for one in each if one not in (None, "")]

    return values


def of_message(message: str, name: str) -> Ours:
    """A column of the records that are requests, or responses."""
    values = column(name)
    return lambda record: values(record) if getattr(record, "message", "") == message else ()


def given(*names: str) -> Theirs:
    """Values of some fields, empty ones left out."""
    return lambda frame: [one for one in frame.get(*names) if one]


def _server_hello(frame: Frame, layer: str) -> bool:
    types = frame.get(f"{layer}.handshake.type")
    return "2" in types and "1" not in types


def _chosen_version(frame: Frame) -> Iterator[str]:
    """TLS version of a ServerHello, by its extension where it has one (RFC 8446 section 4.2.1)."""
    for layer in ("tls", "dtls"):
        if _server_hello(frame, layer):
            listed = frame.get(f"{layer}.handshake.extensions.supported_version")
            for one in listed or frame.get(f"{layer}.handshake.version"):
                yield VERSIONS.get(int(one, 16), one)


def _chosen_cipher(frame: Frame) -> Iterator[str]:
    for layer in ("tls", "dtls"):
        if _server_hello(frame, layer):
            for one in frame.get(f"{layer}.handshake.ciphersuite"):
                yield CIPHERS.get(int(one, 16), one)


def _host(frame: Frame) -> Iterable[str]:
    """Host fields without their port."""
    named = frame.get("http.host", "http2.headers.authority")
    return [re.sub(r":[0-9]+\Z", "", one).strip("[]") for one in named]


def _unescaped(text: str) -> str:
    r"""A DNS name without escapes (``\032``, RFC 4343 section 2.1) and in one case, for it has none."""
    raw = re.sub(rb"\\([0-9]{3})", lambda found: bytes([int(found[1]) & 0xFF]), text.encode())
    return re.sub(r"\\(.)", r"\1", raw.decode("utf-8", "replace")).lower()


def _named(*names: str) -> Theirs:
    """Names, but for what tshark writes in place of one that breaks the format."""

    def values(frame: Frame) -> Iterable[str]:
        found = ["." if one == "<Root>" else one for one in frame.get(*names)]
        return [_unescaped(one) for one in found if not one.startswith("<")]

    return values


def _records(*kinds: str) -> Ours:
    """The data of records of some types, wherever they stand in a message."""

    def values(record: Any) -> Iterator[str]:
        for section in ("answers", "authorities", "additionals", "known", "records"):
            for one in getattr(record, section, ()):
                parts = one.split(" ")
                if len(parts) > 3 and parts[2] in kinds and parts[3] != "\\#":  # \#: no data to read
                    yield _unescaped(parts[-1].removesuffix("."))

    return values


def _asked(record: Any) -> Iterable[str]:
    """Names of all questions; mDNS lists even one with its type."""
    if getattr(record, "message", "") == "unanswered":
        return ()
    listed = [one.split(" ")[0] for one in getattr(record, "questions", ())]
    return map(_unescaped, listed or column("query")(record))


def _response_code(frame: Frame) -> Iterable[str]:
    if "dns" not in frame.layers:
        return ()
    return [RCODES.get(int(one), one) for one in frame.get("dns.flags.rcode")]


def _plain_code(record: Any) -> Iterable[str]:
    """A response code without the bits that EDNS adds (RFC 6891 section 6.1.3), as tshark's field has it."""
    numbers = {name: number for number, name in RCODES.items()}
    return [RCODES.get(numbers.get(one, -1) & 15, one) for one in column("rcode")(record)]


def _banner(record: Any) -> Iterator[str]:
    yield f"SSH-{record.protocol}-{record.software}" + (f" {record.comments}" if record.comments else "")


_TLS = ("tls", "dtls", "quic")
_SERVERS = ("tls_server", "dtls_server", "quic_server")
_DNS = ("dns", "mdns", "llmnr")
_WEB = ("http", "http2")


def _tls(name: str, ours: Ours, tables: tuple[str, ...], *fields: str, theirs: Theirs | None = None) -> Field:
    names = tuple(f"{layer}.handshake.{one}" for layer in ("tls", "dtls") for one in fields)
    return Field(name, _TLS, tables, ours, theirs or given(*names), names)


def _dns(name: str, ours: Ours, *fields: str, theirs: Theirs | None = None) -> Field:
    return Field(name, _DNS, _DNS, ours, theirs or _named(*fields), fields)


def _web(name: str, ours: Ours, *fields: str, theirs: Theirs | None = None) -> Field:
    return Field(name, _WEB, _WEB, ours, theirs or given(*fields), fields)


FIELDS = (
    _tls("server name", column("server_name"), _TLS, "extensions_server_name"),
    _tls("ALPN", column("alpn"), (*_TLS, *_SERVERS), "extensions_alpn_str"),
    _tls("JA3", column("ja3"), _TLS, "ja3"),
    _tls("JA3S", column("ja3s"), _SERVERS, "ja3s"),
    _tls("TLS version", column("version"), _SERVERS, "type", "version", "extensions.supported_version",
         theirs=_chosen_version),
    _tls("TLS cipher", column("cipher"), _SERVERS, "type", "ciphersuite", theirs=_chosen_cipher),
    Field("QUIC server name", ("quic",), ("quic",), column("server_name"),
          lambda frame: frame.get("tls.handshake.extensions_server_name") if "quic" in frame.layers else (),
          ("tls.handshake.extensions_server_name",)),
    _dns("DNS name", _asked, "dns.qry.name"),
    _dns("DNS address", _records("A", "AAAA"), "dns.a", "dns.aaaa",
         theirs=lambda frame: map(plain_address, frame.get("dns.a", "dns.aaaa"))),
    _dns("DNS alias", _records("CNAME"), "dns.cname"),
    _dns("DNS pointer", _records("PTR"), "dns.ptr.domain_name"),
    Field("DNS response code", ("dns",), ("dns",), _plain_code, _response_code, ("dns.flags.rcode",)),
    _web("HTTP method", of_message("request", "method"), "http.request.method", "http2.headers.method"),
    _web("HTTP host", of_message("request", "host"), "http.host", "http2.headers.authority", theirs=_host),
    _web("HTTP path", of_message("request", "path"), "http.request.uri", "http2.headers.path"),
    _web("HTTP user agent", of_message("request", "user_agent"), "http.user_agent",
         "http2.headers.user_agent"),
    _web("HTTP status", of_message("response", "status"), "http.response.code", "http2.headers.status"),
    _web("HTTP server", of_message("response", "server"), "http.server", "http2.headers.server"),
    Field("SSH banner", ("ssh",), ("ssh",), _banner, given("ssh.protocol"), ("ssh.protocol",)),
    Field("HASSH", ("ssh",), ("ssh_algorithms",), column("hassh"),
          given("ssh.kex.hassh", "ssh.kex.hasshserver"), ("ssh.kex.hassh", "ssh.kex.hasshserver")),
)  # fmt: skip
CERTIFICATE = ("subject", "issuer", "serial", "not before", "not after")


def certificate_of(record: Any) -> Iterator[tuple[str, str]]:
    """What procwire says of a certificate, by the names of CERTIFICATE."""
    yield "subject", _plain_name(record.subject)
    yield "issuer", _plain_name(record.issuer)
    yield "serial", record.serial.lstrip("0").lower()
    yield "not before", _moment(record.not_before)
    yield "not after", _moment(record.not_after)


def certificate_shown(one: Shown) -> Iterator[tuple[str, str]]:
    """What tshark says of one."""
    yield "subject", _labelled(one.subject)
    yield "issuer", _labelled(one.issuer)
    yield "serial", one.serial.lstrip("0").lower()
    for name, value in zip(("not before", "not after"), one.times, strict=False):
        yield name, _asn1_time(bytes.fromhex(value).decode("latin-1"))


def _plain_name(text: str) -> str:
    """A name without the escapes of RFC 4514: tshark has none."""
    return re.sub(r"\\(.)", r"\1", text)


def _labelled(text: str) -> str:
    known = re.compile(r"(^|,)(?:id-at-|pkcs-9-at-|id-)?(\w+)=")
    return known.sub(lambda found: f"{found[1]}{LABELS.get(found[2], found[2])}=", text)


def _asn1_time(text: str) -> str:
    """UTCTime has two digits of a year, of 1950 and later (RFC 5280 section 4.1.2.5.1)."""
    full = text if len(text) > 13 else ("20" if text < "50" else "19") + text
    try:
        return datetime.strptime(full, "%Y%m%d%H%M%SZ").strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return text


def _moment(value: int | None) -> str:
    return "" if value is None else datetime.fromtimestamp(value / 1e9, UTC).strftime("%Y-%m-%d %H:%M:%S")

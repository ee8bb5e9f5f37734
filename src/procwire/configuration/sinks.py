"""``[[alerts.sinks]]``: every key of a sink, declared once, and what each kind of sink needs.

Secrets are named, never written: ``secret_file`` or ``secret_env``, and a URL that is a secret as a whole as
``url_file`` or ``url_env``. ``secret`` itself is no key.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from procwire.configuration.reason import UnfitError
from procwire.model.columns import Kind
from procwire.model.filter.fault import nearest
from procwire.model.finding import SEVERITIES
from procwire.model.patterns import lazy
from procwire.model.sink import FORMATS, KINDS, Sink
from procwire.model.values import ValueTextError, parse_duration, parse_size

MAX_SINKS = 16
_NAME = lazy(r"[a-z0-9_-]{1,32}")
_URL = ("webhook", "splunk", "elasticsearch", "powerbi")
_HOST = ("syslog", "smtp", "nats")
TRANSPORTS = {"syslog": ("tcp", "udp", "tls"), "smtp": ("starttls", "tls", "none"), "nats": ("none", "tls")}
_PORTS = {
    ("syslog", "tcp"): 514, ("syslog", "udp"): 514, ("syslog", "tls"): 6514, ("smtp", "starttls"): 587,
    ("smtp", "tls"): 465, ("smtp", "none"): 25, ("nats", "none"): 4222, ("nats", "tls"): 4222,
}  # fmt: skip


class SinkKey(msgspec.Struct, frozen=True, kw_only=True):
    """One key of a sink. ``kinds``: of which sinks; none: of all."""

    name: str
    kind: Kind
    doc: str
    kinds: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = (1 << 63) - 1
    default: str = ""  # for people, where it is not that of the kind


def _text(name: str, doc: str, *kinds: str, **more: Any) -> SinkKey:
    return SinkKey(name=name, kind=Kind.TEXT, doc=doc, kinds=kinds, **more)


SINK_KEYS: tuple[SinkKey, ...] = (
    _text("name", "Its name: up to 32 of a-z, 0-9, _ and -."),
    _text("kind", "What it is.", choices=KINDS),
    _text("format", "How alerts are told it.", choices=FORMATS,
          default="json; syslog, ecs or powerbi by kind"),
    _text("severity", "The least severity that it is told of.", choices=SEVERITIES, default="info"),
    _text("host", "Name or address of the server.", *_HOST),
    SinkKey(name="port", kind=Kind.INTEGER, doc="TCP or UDP port.", kinds=_HOST, low=1, high=65535,
            default="514, 6514, 587, 465, 25 or 4222"),
    _text("transport", "How it is reached: of syslog tcp, udp or tls; of smtp starttls, tls or none; of nats "
          "none or tls.", *_HOST, default="tcp, starttls, none"),
    _text("url", "Where to POST to; without a user or a secret in it.", *_URL),
    _text("url_file", "File with the URL, where it is a secret.", *_URL),
    _text("url_env", "Variable of the environment with the URL.", *_URL),
    _text("secret_file", "File with its key, token or password, which others cannot read.",
          "webhook", "splunk", "elasticsearch", "smtp", "nats"),
    _text("secret_env", "Variable of the environment with the same.",
          "webhook", "splunk", "elasticsearch", "smtp", "nats"),
    _text("user", "Whose password the secret is.", "elasticsearch", "smtp", "nats"),
    _text("ca", "File with the certificates that vouch for the server (PEM), in place of the system's.",
          *_URL, *_HOST),
    _text("path", "The file to write, or the socket of the journal.", "file", "journald"),
    SinkKey(name="max_bytes", kind=Kind.SIZE, doc="Size at which the file is rotated.", kinds=("file",),
            low=1000, default="10MB"),
    SinkKey(name="keep", kind=Kind.INTEGER, doc="Rotated files that are kept.", kinds=("file",), high=1000,
            default="5"),
    SinkKey(name="facility", kind=Kind.INTEGER, doc="Number of the facility (RFC 5424 section 6.2.1).",
            kinds=("syslog",), high=23, default="20, local4"),
    _text("sender", "Address that mails come from.", "smtp"),
    SinkKey(name="recipients", kind=Kind.LIST, doc="Addresses that mails go to.", kinds=("smtp",)),
    _text("index", "Index; {day} in that of Elasticsearch is the UTC day.", "splunk", "elasticsearch",
          default="procwire-alerts"),
    _text("subject", "Subject to publish on.", "nats", default="procwire.alerts"),
    SinkKey(name="timeout", kind=Kind.DURATION, doc="How long to wait for the server.", low=100_000_000,
            high=60_000_000_000, default="10s"),
)  # fmt: skip
BY_NAME = {key.name: key for key in SINK_KEYS}


def sinks_of(value: Any) -> tuple[Sink, ...]:
    """The sinks that were written down. Raises UnfitError, with the place of what is wrong."""
    if not isinstance(value, list) or len(value) > MAX_SINKS:
        raise UnfitError(f"alerts.sinks are tables, [[alerts.sinks]], {MAX_SINKS} at most")
    found: list[Sink] = []
    for n, table in enumerate(value):
        sink = _sink(table, f"alerts.sinks.{n}")
        if sink.name in {one.name for one in found}:
            raise UnfitError(f"two sinks are called {sink.name}", f"alerts.sinks.{n}.name")
        found.append(sink)
    return tuple(found)


def shown(value: Any) -> Any:
    """The sinks as they may be shown: what stands behind a question mark in a URL often is a secret."""
    if not isinstance(value, list):
        return value
    return [
        {name: _masked(one) if name == "url" else one for name, one in table.items()}
        if isinstance(table, dict) else table
        for table in value
    ]  # fmt: skip


def _masked(url: Any) -> Any:
    return re.sub(r"\?.*", "?***", url, flags=re.DOTALL) if isinstance(url, str) else url


def _sink(table: Any, place: str) -> Sink:
    if not isinstance(table, dict):
        raise UnfitError("a sink is a table: [[alerts.sinks]]", place)
    fields: dict[str, Any] = {}
    for name, value in table.items():
        key = BY_NAME.get(name)
        if key is None:
            raise UnfitError(_unknown(name), f"{place}.{name}")
        fields["timeout_ns" if name == "timeout" else name] = _checked(key, value, f"{place}.{name}")
    for name in ("name", "kind"):
        if name not in fields:
            raise UnfitError(f"a sink needs a {name}", place)
    if not _NAME.fullmatch(fields["name"]):
        raise UnfitError(f"{fields['name']!r} is no name: up to 32 of a-z, 0-9, _ and -", f"{place}.name")
    kind = fields["kind"]
    for name in table:
        kinds = BY_NAME[name].kinds
        if kinds and kind not in kinds:
            raise UnfitError(f"a sink of kind {kind} has no {name}", f"{place}.{name}")
    return _whole(Sink(**fields), place)


def _unknown(name: str) -> str:
    if name in ("secret", "password", "token"):
        return f"{name} is not written here: name a file (secret_file) or a variable (secret_env)"
    hint = nearest(name, BY_NAME) or f"there are {', '.join(BY_NAME)}"
    return f"a sink has no key {name!r}: {hint}"


def _checked(key: SinkKey, value: Any, place: str) -> Any:
    try:
        found = _value(key, value)
    except (TypeError, ValueTextError) as error:
        raise UnfitError(f"{key.name}: {error}", place) from None
    if key.choices and found not in key.choices:
        hint = nearest(str(found), key.choices) or f"it is one of {', '.join(key.choices)}"
        raise UnfitError(f"{key.name} is not {found!r}: {hint}", place)
    if isinstance(found, int) and not key.low <= found <= key.high:
        raise UnfitError(f"{key.name} is not {value!r}: out of bounds", place)
    return found


def _value(key: SinkKey, value: Any) -> Any:
    if key.kind is Kind.LIST and isinstance(value, list) and all(_is_plain(one) for one in value):
        return tuple(value)
    if key.kind is Kind.TEXT and _is_plain(value):
        return value
    if (
        key.kind in (Kind.SIZE, Kind.DURATION)
        and isinstance(value, int | str)
        and not isinstance(value, bool)
    ):
        text = str(value)
        if key.kind is Kind.SIZE:
            return parse_size(text)
        return parse_duration(f"{text}s" if text.isdigit() else text)
    if key.kind is Kind.INTEGER and isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(f"{value!r} is no {key.kind.value}")


def _is_plain(value: Any) -> bool:
    """Text in one line: an address with an end of line in it would write headers of its own."""
    return isinstance(value, str) and value.isprintable()


def _whole(sink: Sink, place: str) -> Sink:
    """With what follows from its kind; and whether it has all that its kind needs."""
    named = sum(bool(one) for one in (sink.url, sink.url_file, sink.url_env))
    lacks = ""
    if sink.kind in _URL and named != 1:
        lacks = "one of url, url_file and url_env"
    elif sink.kind in _HOST and not sink.host:
        lacks = "a host"
    elif sink.kind == "file" and not sink.path.startswith("/"):
        lacks = "a path that begins with /"
    elif sink.kind == "smtp" and not (sink.sender and sink.recipients):
        lacks = "a sender and recipients"
    elif sink.kind == "splunk" and not (sink.secret_file or sink.secret_env):
        lacks = "its token: secret_file or secret_env"
    if lacks:
        raise UnfitError(f"the sink {sink.name} of kind {sink.kind} needs {lacks}", place)
    if sink.kind == "powerbi" and sink.shape != "powerbi":
        raise UnfitError(f"the sink {sink.name} takes the format powerbi alone", f"{place}.format")
    if sink.kind == "elasticsearch" and sink.shape not in ("ecs", "json", "ocsf"):
        raise UnfitError(f"the sink {sink.name} takes ecs, json or ocsf", f"{place}.format")
    return _reached(sink, place) if sink.kind in _HOST else sink


def _reached(sink: Sink, place: str) -> Sink:
    transport = sink.transport or TRANSPORTS[sink.kind][0]
    if transport not in TRANSPORTS[sink.kind]:
        there = ", ".join(TRANSPORTS[sink.kind])
        raise UnfitError(f"the sink {sink.name} has as its transport {there}", f"{place}.transport")
    port = sink.port or _PORTS[sink.kind, transport]
    return msgspec.structs.replace(sink, transport=transport, port=port)

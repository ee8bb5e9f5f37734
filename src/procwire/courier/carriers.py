"""A carrier for each configured sink, with its secrets read, its certificates loaded and its files open."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable

import msgspec

from procwire.alerts.formats.registry import Format, format_of
from procwire.courier.contract import Carrier, CourierError
from procwire.courier.credentials import secret_of, url_of
from procwire.courier.hosts import Hosts, tls_context
from procwire.courier.http import Place, Post, place_of
from procwire.model.sink import Sink
from procwire.model.values import SECOND

_WITH_URL = frozenset({"webhook", "splunk", "elasticsearch", "powerbi"})
_WITH_HOST = frozenset({"syslog", "smtp", "nats"})


class _Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a carrier is made of."""

    sink: Sink
    hosts: Hosts
    secret: str
    place: Place | None
    context: ssl.SSLContext | None
    format: Format

    @property
    def timeout(self) -> float:
        """In seconds."""
        return self.sink.timeout_ns / SECOND

    @property
    def end(self) -> tuple[str, int]:
        """Host and port."""
        return (self.sink.host, self.sink.port)

    def post(self) -> Post:
        """To its URL."""
        assert self.place is not None
        return Post(self.place, self.hosts, self.context, self.timeout)


def carriers(sinks: Iterable[Sink]) -> tuple[dict[str, Carrier], Hosts]:
    """By name, and the hosts that they may reach. Raises CourierError."""
    known = list(sinks)
    places = {sink.name: place_of(url_of(sink), sink.name) for sink in known if sink.kind in _WITH_URL}
    ends = [(place.host, place.port) for place in places.values()]
    ends += [(sink.host, sink.port) for sink in known if sink.kind in _WITH_HOST]
    hosts = Hosts(ends)
    return {sink.name: _carrier(sink, hosts, places.get(sink.name)) for sink in known}, hosts


def _carrier(sink: Sink, hosts: Hosts, place: Place | None) -> Carrier:
    wants_tls = sink.transport in ("tls", "starttls") or (place is not None and place.scheme == "https")
    try:
        context = tls_context(sink.ca) if wants_tls else None
    except OSError as error:
        raise CourierError(f"sink {sink.name}: {sink.ca}: {error.strerror or error}") from None
    made = _Made(
        sink=sink, hosts=hosts, secret=secret_of(sink), place=place, context=context,
        format=format_of(sink.shape),
    )  # fmt: skip
    return _MAKERS[sink.kind](made)


def _stdout(made: _Made) -> Carrier:
    from procwire.courier.files import Output

    return Output(made.format.header)


def _file(made: _Made) -> Carrier:
    from procwire.courier.files import Rotated

    return Rotated(made.sink, made.format.header)


def _journald(made: _Made) -> Carrier:
    from procwire.courier.journald import SOCKET, Journal

    return Journal(made.sink.name, made.sink.path or SOCKET, made.timeout)


def _syslog(made: _Made) -> Carrier:
    from procwire.courier.syslog import Datagrams, Stream

    if made.sink.transport == "udp":
        return Datagrams(made.hosts, *made.end)
    return Stream(made.hosts, made.end, made.context, made.timeout)


def _webhook(made: _Made) -> Carrier:
    from procwire.courier.webhook import Webhook

    return Webhook(made.post(), made.secret, made.format.media)


def _smtp(made: _Made) -> Carrier:
    from procwire.courier.smtp import Mail

    return Mail(made.hosts, made.sink, made.secret, made.context)


def _splunk(made: _Made) -> Carrier:
    from procwire.courier.splunk import Splunk

    return Splunk(made.post(), made.sink, made.secret, is_json=made.format.is_json)


def _elasticsearch(made: _Made) -> Carrier:
    from procwire.courier.elastic import Elastic

    return Elastic(made.post(), made.sink, made.secret)


def _nats(made: _Made) -> Carrier:
    from procwire.courier.nats import Nats

    return Nats(made.hosts, made.sink, made.secret, made.context)


def _powerbi(made: _Made) -> Carrier:
    from procwire.courier.powerbi import PowerBi

    return PowerBi(made.post())


_MAKERS: dict[str, Callable[[_Made], Carrier]] = {
    "stdout": _stdout, "file": _file, "journald": _journald, "syslog": _syslog, "webhook": _webhook,
    "smtp": _smtp, "splunk": _splunk, "elasticsearch": _elasticsearch, "nats": _nats, "powerbi": _powerbi,
}  # fmt: skip

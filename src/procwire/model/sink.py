"""Where alerts go: one sink, as configured, with its secrets named and not told."""

from __future__ import annotations

import msgspec

KINDS = (
    "stdout", "file", "journald", "syslog", "webhook", "smtp", "splunk", "elasticsearch", "nats", "powerbi",
)  # fmt: skip
FORMATS = ("json", "ocsf", "ecs", "stix", "cef", "leef", "syslog", "csv", "powerbi")
FORMAT_OF = {
    "syslog": "syslog", "elasticsearch": "ecs", "powerbi": "powerbi",
}  # of kinds whose usual format is not json  # fmt: skip
BATCHES = {"file": 100, "stdout": 100, "journald": 50, "splunk": 50, "elasticsearch": 50, "powerbi": 50,
           "syslog": 50, "nats": 50}  # alerts handed over at once; one where nothing is said  # fmt: skip


class Sink(msgspec.Struct, frozen=True, kw_only=True):
    """One sink. ``*_file`` and ``*_env`` say where a secret is; its value stands nowhere here."""

    name: str
    kind: str
    format: str = ""
    severity: str = "info"  # the least that is told
    host: str = ""
    port: int = 0
    transport: str = ""  # of syslog: udp, tcp, tls; of smtp and nats: none, starttls, tls
    url: str = ""
    url_file: str = ""
    url_env: str = ""
    secret_file: str = ""
    secret_env: str = ""
    user: str = ""
    ca: str = ""
    path: str = ""
    max_bytes: int = 10_000_000
    keep: int = 5
    facility: int = 20
    sender: str = ""
    recipients: tuple[str, ...] = ()
    index: str = ""
    subject: str = ""
    timeout_ns: int = 10_000_000_000

    @property
    def shape(self) -> str:
        """Name of the format that it is told in."""
        return self.format or FORMAT_OF.get(self.kind, "json")

    @property
    def batch(self) -> int:
        """Alerts at once, at most."""
        return BATCHES.get(self.kind, 1)


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One alert on its way to a sink. ``key`` names this delivery whenever it is tried."""

    key: str
    body: bytes
    subject: str
    rank: int  # of its severity, 0 to 4
    time: int  # ns
    host: str


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Items for one sink, to be answered by as many results."""

    number: int
    sink: str
    items: tuple[Item, ...]


class Result(msgspec.Struct, frozen=True):
    """What became of one item: delivered, later (with the least wait that the sink asks for), or refused."""

    state: str
    reason: str = ""
    wait_ns: int = 0


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to work. ``number`` 0: somebody new has begun, and knows of no work."""

    number: int
    results: tuple[Result, ...] = ()


DELIVERED, LATER, REFUSED = "delivered", "later", "refused"
OK = Result(DELIVERED)

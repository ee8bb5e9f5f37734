"""Stand-ins for three services, which take what their published interfaces say, and nothing else.

Each keeps what it indexed in ``stored``, by the key that doubles are known by, and how often in ``times``.
What is wrong with a request is answered as the service would, and kept in ``wrong``.
"""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from typing import Any, Self

from procwire.courier.http import Place, Post
from tests.courier.servers import HttpSink

Answer = tuple[int, bytes, dict[str, str]]
JSON = {"Content-Type": "application/json"}


class Service:
    """An HTTP sink that answers by its rules, but for the words (see HttpSink) that come first."""

    PATH = "/"

    def __init__(self, *words: Any) -> None:
        self.stored: dict[str, Any] = {}
        self.times: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.sink = HttpSink(*words, self.answer)

    def __enter__(self) -> Self:
        self.sink.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.sink.__exit__()

    def post(self, timeout: float = 5.0) -> Post:
        return self.sink.post(self.PATH, timeout)

    def place(self) -> Place:
        return self.post().place

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.sink.port}{self.PATH}"

    def answer(self, body: bytes) -> Answer:
        path, headers, _ = self.sink.seen[-1]
        return self.judge(path, {name.lower(): value for name, value in headers.items()}, body)

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        raise NotImplementedError

    def refuse(self, status: int, told: Any) -> Answer:
        self.wrong.append(json.dumps(told))
        return status, json.dumps(told).encode(), JSON

    def keep(self, key: str, value: Any) -> None:
        self.stored[key] = value
        self.times[key] += 1


class Collector(Service):
    """Splunk's manual: "Format events for HTTP Event Collector", and "Troubleshoot …" for its codes."""

    TOKEN = "B5A79AAD-D822-46CC-80D1-819F80D7BFB0"
    FIELDS = frozenset({"time", "host", "source", "sourcetype", "index", "event", "fields"})
    INDEXES = frozenset({"main", "security"})

    def __init__(self, *words: Any, acknowledges: int = -1) -> None:
        super().__init__(*words)
        self.acknowledges = acknowledges  # questions after which it does; -1: the token does without
        self.waiting: dict[str, int] = {}

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        path, _, query = path.partition("?")
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Splunk" or not token:
            return self.refuse(401, {"text": "Token is required", "code": 2})
        if token != self.TOKEN:
            return self.refuse(403, {"text": "Invalid token", "code": 4})
        channel = headers.get("x-splunk-request-channel", "")
        if self.acknowledges >= 0:
            try:
                uuid.UUID(channel)
            except ValueError:
                return self.refuse(400, {"text": "Data channel is missing", "code": 10})
        if path == "/services/collector/ack":
            return self.acks(query, channel, body)
        if path not in ("/services/collector", "/services/collector/event"):
            return self.refuse(404, {"text": "The requested URL was not found on this server.", "code": 404})
        return self.events(body)

    def events(self, body: bytes) -> Answer:
        text, decoder, at = body.decode(), json.JSONDecoder(), 0
        found: list[Any] = []
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            try:
                one, at = decoder.raw_decode(text, at)
            except ValueError:
                one = None
                at = len(text)
            code = self.fault(one)
            if code:
                told = {"text": "no good", "code": code, "invalid-event-number": len(found)}
                return self.refuse(400, told)
            found.append(one)
        if not found:
            return self.refuse(400, {"text": "No data", "code": 5})
        for one in found:
            self.keep(one["fields"]["idempotency_key"], one)
        told = {"text": "Success", "code": 0}
        if self.acknowledges >= 0:
            number = len(self.waiting)
            self.waiting[str(number)] = self.acknowledges
            told["ackId"] = number
        return 200, json.dumps(told).encode(), JSON

    def fault(self, one: Any) -> int:
        """The code of what is wrong with an event; 0: nothing."""
        if not isinstance(one, dict) or set(one) - self.FIELDS:
            return 6
        if "event" not in one:
            return 12
        if one["event"] in ("", None):
            return 13
        if one.get("index", "main") not in self.INDEXES:
            return 7
        flat = all(isinstance(value, str) for value in one.get("fields", {}).values())
        if not flat:
            return 15
        times = isinstance(one.get("time", 0.0), int | float) and one.get("time", 1e9) < 1e11  # seconds
        words = all(isinstance(one.get(name, ""), str) for name in ("host", "source", "sourcetype"))
        return 0 if times and words else 6

    def acks(self, query: str, channel: str, body: bytes) -> Answer:
        if query != f"channel={channel}":
            return self.refuse(400, {"text": "Invalid data channel", "code": 11})
        told = {}
        for number in json.loads(body)["acks"]:
            left = self.waiting.get(str(number), 1)
            self.waiting[str(number)] = left - 1
            told[str(number)] = left <= 0
        return 200, json.dumps({"acks": told}).encode(), JSON


class Bulk(Service):
    """Elasticsearch's bulk API: NDJSON with a last newline, actions, an answer for each in order."""

    MOST_BYTES = 200_000

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.busy: Counter[str] = Counter()  # keys that are told 429 so often
        self.unmapped: set[str] = set()  # keys that the mapping refuses

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if not re.fullmatch(r"(/[a-z0-9._-]+)?/_bulk", path):
            return self.refuse(400, {"error": f"no handler found for uri [{path}] and method [POST]"})
        if headers.get("content-type", "").partition(";")[0] not in (
            "application/x-ndjson",
            "application/json",
        ):
            return self.refuse(406, {"error": "Content-Type header is not supported"})
        if len(body) > self.MOST_BYTES:
            return self.refuse(413, {"error": "Request Entity Too Large"})
        if not body.endswith(b"\n"):
            return self.refuse(400, {"error": "The bulk request must be terminated by a newline [\\n]"})
        lines = body[:-1].split(b"\n")
        if len(lines) % 2:
            return self.refuse(400, {"error": "Malformed action/metadata line"})
        items = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            told = json.loads(action)
            if list(told) != ["create"] or set(told["create"]) != {"_index", "_id"}:
                return self.refuse(400, {"error": "Malformed action/metadata line"})
            items.append({"create": self.created(told["create"], json.loads(source))})
        failed = any(item["create"]["status"] >= 300 for item in items)
        return 200, json.dumps({"took": 3, "errors": failed, "items": items}).encode(), JSON

    def created(self, named: dict[str, str], source: Any) -> dict[str, Any]:
        key, index = named["_id"], named["_index"]
        if re.search(r'[A-Z\\/*?"<>| ,#:]', index) or index[0] in "-_+" or len(key) > 512:
            self.wrong.append(index)
            return self.failed(named, 400, "invalid_index_name_exception")
        if key in self.stored:
            return self.failed(named, 409, "version_conflict_engine_exception")
        if self.busy[key] > 0:
            self.busy[key] -= 1
            return self.failed(named, 429, "es_rejected_execution_exception")
        if key in self.unmapped or "@timestamp" not in source:
            return self.failed(named, 400, "document_parsing_exception")
        self.keep(key, source)
        return {**named, "_version": 1, "result": "created", "_seq_no": 0, "_primary_term": 1, "status": 201}

    def failed(self, named: dict[str, str], status: int, kind: str) -> dict[str, Any]:
        return {**named, "status": status, "error": {"type": kind, "reason": "x"}}


class Rows(Service):
    """The push URL of a data set of Power BI: a list of flat rows, within the limits of push data sets."""

    PATH = "/beta/ws/datasets/ds/rows?key=s3cret"
    MOST_ROWS, MOST_TEXT, MOST_COLUMNS = 10_000, 4000, 75

    def judge(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if path != self.PATH:
            return self.refuse(404, {"error": {"code": "DatasetNotFound"}})
        if not headers.get("content-type", "").startswith("application/json"):
            return self.refuse(415, {"error": {"code": "UnsupportedMediaType"}})
        rows = json.loads(body)
        if not isinstance(rows, list) or not 0 < len(rows) <= self.MOST_ROWS:
            return self.refuse(400, {"error": {"code": "RequestedRowsInvalid"}})
        if not all(self.is_good(row) for row in rows):
            return self.refuse(400, {"error": {"code": "InvalidRow"}})
        for row in rows:
            self.keep(row["id"], row)
        return 200, b"", {}

    def is_good(self, row: Any) -> bool:
        flat = isinstance(row, dict) and len(row) <= self.MOST_COLUMNS
        return flat and all(
            isinstance(value, str | int | float | bool) and len(str(value)) <= self.MOST_TEXT
            for value in row.values()
        )

"""Splunk's HTTP Event Collector: events one after another in one POST; the key is an indexed field.

A batch of which one event is bad is refused as a whole (code 6 and others); then each is sent by itself, so
that one bad event holds up none.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from procwire.courier.contract import judged
from procwire.courier.http import Answer, Post
from procwire.model.sink import REFUSED, Item, Result, Sink

EVENT_PATH = "/services/collector/event"


class Splunk:
    """See Carrier."""

    def __init__(self, post: Post, sink: Sink, token: str, *, is_json: bool) -> None:
        self._post = post
        self._sink = sink
        self._is_json = is_json
        self._headers = {"Content-Type": "application/json", "Authorization": f"Splunk {token}"}
        self._path = "" if post.place.path not in ("", "/") else EVENT_PATH

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        answer = self._send(items)
        result = judged(answer.status, answer.excerpt, answer.wait_ns)
        if result.state != REFUSED or len(items) == 1:
            return [result] * len(items)
        found = []
        for item in items:
            answer = self._send([item])
            found.append(judged(answer.status, answer.excerpt, answer.wait_ns))
        return found

    def abort(self) -> None:
        """See Carrier."""
        self._post.abort()

    def _send(self, items: Sequence[Item]) -> Answer:
        return self._post.send(b"\n".join(map(self.event, items)), self._headers, self._path)

    def event(self, item: Item) -> bytes:
        """One event, with what Splunk asks of it around."""
        told = msgspec.Raw(item.body) if self._is_json else item.body.decode("utf-8", "replace")
        around = {
            "time": round(item.time / 1e9, 3), "source": "procwire", "sourcetype": "procwire:alert",
            "event": told, "fields": {"idempotency_key": item.key},
        }  # fmt: skip
        if item.host:
            around["host"] = item.host
        if self._sink.index:
            around["index"] = self._sink.index
        return msgspec.json.encode(around)

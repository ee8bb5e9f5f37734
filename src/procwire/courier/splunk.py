"""Splunk's HTTP Event Collector: events one after another in one POST; the key is an indexed field.

A batch of which one event is bad is refused as a whole (code 6 and others); then each is sent by itself, so
that one bad event holds up none. Where the token asks for indexer acknowledgement, an answer has an
``ackId``, and events count as delivered once the collector says that they are indexed; the channel that this
takes is named with every request.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from procwire.courier.contract import MAX_REASON, judged, one_by_one
from procwire.courier.http import Answer, Post
from procwire.model.sink import LATER, OK, REFUSED, Item, Result, Sink

ROOT = "/services/collector"
EVENT_PATH = f"{ROOT}/event"
ASKED = 40  # times that an acknowledgement is asked for,
PAUSE_SECONDS = 1.0  # and how long to wait before each: less in all than a batch may take
# Codes with HTTP 400 that are no fault of the event, and that an operator can put right: incorrect index,
# data channel is missing, invalid data channel, acknowledgement is disabled.
_SETTINGS = frozenset({7, 10, 11, 14})


class Splunk:
    """See Carrier."""

    def __init__(
        self, post: Post, sink: Sink, token: str, *, is_json: bool,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._post = post
        self._sink = sink
        self._is_json = is_json
        self._pause = pause
        channel = str(uuid.uuid4())
        self._headers = {
            "Content-Type": "application/json",
            "Authorization": f"Splunk {token}",
            "X-Splunk-Request-Channel": channel,
        }
        own = post.place.path
        self._path = "" if own not in ("", "/") else EVENT_PATH
        self._ack_path = f"{own.partition(ROOT)[0] if ROOT in own else ''}{ROOT}/ack?channel={channel}"

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        return one_by_one(lambda some: [self._told(some)] * len(some), items)

    def abort(self) -> None:
        """See Carrier."""
        self._post.abort()

    def _told(self, items: Sequence[Item]) -> Result:
        answer = self._post.send(b"\n".join(map(self.event, items)), self._headers, self._path)
        result = judged(answer.status, answer.excerpt, answer.wait_ns)
        if result is OK:
            if _field(answer, "code") != 0:
                return Result(LATER, "an answer that is none of a collector's")  # some proxy's page
            number = _field(answer, "ackId")
            return OK if number is None else self._acknowledged(number)
        if result.state == REFUSED and _field(answer, "code") in _SETTINGS:
            return Result(LATER, result.reason)
        return result

    def _acknowledged(self, number: Any) -> Result:
        """Once the collector says that they are indexed; until then they are sent again under their keys."""
        body = msgspec.json.encode({"acks": [number]})
        reason = "the collector did not acknowledge what it took"
        for _ in range(ASKED):
            self._pause(PAUSE_SECONDS)
            answer = self._post.send(body, self._headers, self._ack_path)
            if answer.status != 200:
                reason = f"acknowledgement: HTTP {answer.status}: {answer.excerpt}"
                continue
            acks = _field(answer, "acks")
            if isinstance(acks, dict) and acks.get(str(number)) is True:
                return OK
        return Result(LATER, reason[:MAX_REASON])

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


def _field(answer: Answer, name: str) -> Any:
    """A member of the answer, where that is an object."""
    try:
        told = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None
    return told.get(name) if isinstance(told, dict) else None

"""Elasticsearch and OpenSearch: the bulk API, with ``create`` and the key as the document's id.

So what is sent twice is there once: the second time is a conflict (409), which counts as delivered. Each item
has its own status; that of the whole answer is 200 however many failed.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from procwire.alerts.formats.fields import day
from procwire.courier.contract import judged
from procwire.courier.http import Post
from procwire.model.sink import LATER, OK, REFUSED, Item, Result, Sink

INDEX = "procwire-alerts"
CONFLICT = 409


class Elastic:
    """See Carrier. ``{day}`` in the index becomes the UTC day of the finding."""

    def __init__(self, post: Post, sink: Sink, secret: str) -> None:
        self._post = post
        self._index = sink.index or INDEX
        self._headers = {"Content-Type": "application/x-ndjson"}
        if sink.user:
            pair = base64.b64encode(f"{sink.user}:{secret}".encode()).decode()
            self._headers["Authorization"] = f"Basic {pair}"
        elif secret:
            self._headers["Authorization"] = f"ApiKey {secret}"
        self._path = f"{post.place.path.rstrip('/')}/_bulk"

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier. What is refused as a whole (too large) is sent item by item."""
        body = b"".join(self._action(item) + item.body + b"\n" for item in items)
        answer = self._post.send(body, self._headers, self._path)
        result = judged(answer.status, answer.excerpt, answer.wait_ns)
        if result is OK:
            return _each(answer.body, len(items))
        if result.state == REFUSED and len(items) > 1:
            return [each for item in items for each in self.carry([item])]
        return [result] * len(items)

    def abort(self) -> None:
        """See Carrier."""
        self._post.abort()

    def _action(self, item: Item) -> bytes:
        index = self._index.replace("{day}", day(item.time))
        return msgspec.json.encode({"create": {"_index": index, "_id": item.key}}) + b"\n"


def _each(body: bytes, count: int) -> list[Result]:
    """The fate of each item; of an answer that makes no sense, later for all."""
    unread = [Result(LATER, "an answer that is none of the bulk API")] * count
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return unread
    items = told.get("items") if isinstance(told, dict) else None
    if not isinstance(items, list) or len(items) != count:
        return unread
    return [_one(item) for item in items]


def _one(item: Any) -> Result:
    told = item.get("create") if isinstance(item, dict) else None
    if not isinstance(told, dict) or not isinstance(status := told.get("status"), int):
        return Result(LATER, "an item without a status")
    if status == CONFLICT:
        return OK
    error = told.get("error")
    reason = f"{error.get('type')}: {error.get('reason')}" if isinstance(error, dict) else ""
    return judged(status, reason)

"""Power BI: rows for the push URL of a data set, as a list. The column ``id`` tells doubles apart."""

from __future__ import annotations

from collections.abc import Sequence

from procwire.courier.contract import judged, one_by_one
from procwire.courier.http import Post
from procwire.model.sink import LATER, OK, Item, Result


class PowerBi:
    """See Carrier."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        return one_by_one(self._told, items)

    def _told(self, items: Sequence[Item]) -> list[Result]:
        body = b"[" + b",".join(item.body for item in items) + b"]"
        answer = self._post.send(body, {"Content-Type": "application/json"})
        result = judged(answer.status, answer.excerpt, answer.wait_ns)
        if result is OK and answer.body[:1] not in (b"", b"{", b"["):
            result = Result(LATER, "an answer that is none of Power BI's")  # some proxy's page
        return [result] * len(items)

    def abort(self) -> None:
        """See Carrier."""
        self._post.abort()

"""Power BI: rows for the push URL of a data set, as a list. The column ``id`` tells doubles apart."""

from __future__ import annotations

from collections.abc import Sequence

from procwire.courier.contract import judged
from procwire.courier.http import Post
from procwire.model.sink import Item, Result


class PowerBi:
    """See Carrier."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        body = b"[" + b",".join(item.body for item in items) + b"]"
        answer = self._post.send(body, {"Content-Type": "application/json"})
        return [judged(answer.status, answer.excerpt, answer.wait_ns)] * len(items)

    def abort(self) -> None:
        """See Carrier."""
        self._post.abort()

"""A POST for each alert, signed: HMAC-SHA256 over the time stamp, a dot, and the body.

Headers: ``Idempotency-Key``, the same whenever the same is sent; ``X-Procwire-Timestamp`` in seconds, so that
who receives it can refuse what is old; ``X-Procwire-Signature: v1=HEX``.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Sequence

from procwire.courier.contract import judged
from procwire.courier.http import Post
from procwire.model.sink import Item, Result


def signature(secret: bytes, stamp: int, body: bytes) -> str:
    """What the header says."""
    return "v1=" + hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


class Webhook:
    """See Carrier. ``media``: the content type of its format."""

    def __init__(self, post: Post, secret: str, media: str, clock: Callable[[], float] = time.time) -> None:
        self._post = post
        self._secret = secret.encode()
        self._media = media
        self._clock = clock

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        return [self._one(item) for item in items]

    def abort(self) -> None:
        """See Carrier."""
        self._post.abort()

    def _one(self, item: Item) -> Result:
        stamp = int(self._clock())
        headers = {
            "Content-Type": self._media, "Idempotency-Key": item.key, "X-Procwire-Timestamp": str(stamp),
        }  # fmt: skip
        if self._secret:
            headers["X-Procwire-Signature"] = signature(self._secret, stamp, item.body)
        answer = self._post.send(item.body, headers)
        return judged(answer.status, answer.excerpt, answer.wait_ns)

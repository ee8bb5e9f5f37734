"""How failures are judged."""

from __future__ import annotations

import pytest

from procwire.courier.contract import failed, judged
from procwire.model.sink import DELIVERED, LATER, OK, REFUSED


@pytest.mark.parametrize(
    ("status", "state"),
    [(200, DELIVERED), (202, DELIVERED), (204, DELIVERED), (301, LATER), (400, REFUSED), (401, LATER),
     (404, LATER), (408, LATER), (413, REFUSED), (422, REFUSED), (429, LATER), (500, LATER), (503, LATER)],
)  # fmt: skip
def test_statuses(status: int, state: str) -> None:
    assert judged(status, "why").state == state


def test_words() -> None:
    assert judged(200, "fine") is OK
    assert judged(503, "busy", 5).reason == "HTTP 503: busy"
    assert judged(503, "busy", 5).wait_ns == 5
    assert failed(ConnectionRefusedError(111, "Connection refused")).reason == "Connection refused"
    assert failed(ValueError()).reason == "ValueError"

from __future__ import annotations

from procwire.engine import api


def test_everything_promised_is_there() -> None:
    assert all(hasattr(api, name) for name in api.__all__)
    assert "udp" in api.TIMEOUTS
    assert "max_flows" not in api.TIMEOUTS

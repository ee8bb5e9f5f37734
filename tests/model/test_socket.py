from __future__ import annotations

from procwire.model.process import UNKNOWN
from procwire.model.socket import SocketRow


def test_a_bare_socket_has_no_owner_and_no_measurements() -> None:
    row = SocketRow(proto="udp", state="unconnected", family=4)
    assert (row.process, row.confidence, row.tcp, row.drops) == (None, UNKNOWN, None, None)
    assert (row.holders, row.descriptor) == ((), -1)

from __future__ import annotations

from typing import Any

from procwire.model.host import ProcessRow
from procwire.model.socket import SocketRow, TcpFacts
from procwire.model.socket_tables import SOCKETS
from tests.model.test_host import a_task
from tests.model.test_host_tables import Known


def values(row: SocketRow) -> dict[str, Any]:
    return {column.name: column.get(row) for column in SOCKETS}


def facts() -> TcpFacts:
    numbers = {name: number for number, name in enumerate(TcpFacts.__struct_fields__, 1)}
    return TcpFacts(**numbers)


def test_a_bare_socket_can_be_read_in_every_column() -> None:
    seen = values(SocketRow(proto="unix-dgram", state="unconnected", family=0, path="/x"))
    assert (seen["proto"], seen["path"], seen["receive_queue"]) == ("unix-dgram", "/x", 0)
    unknown = (
        "src",
        "src_port",
        "app_confidence",
        "pid",
        "exe",
        "rtt",
        "drops",
        "mark",
        "backlog",
        "cookie",
        "family",
    )
    assert [seen[name] for name in unknown] == [None] * len(unknown)


def test_the_owner_and_the_kernel_s_measurements() -> None:
    row = SocketRow(proto="tcp", state="established", family=4, tcp=facts(), mark=5)
    row.process = ProcessRow(a_task(), Known())
    seen = values(row)
    assert (seen["pid"], seen["process"], seen["exe"], seen["container"]) == (
        7,
        "curl",
        "/usr/bin/curl",
        "web",
    )
    assert seen["process_start"] == 4_000_000_000
    assert seen["mark"] == 5
    for name in TcpFacts.__struct_fields__:
        assert seen[name] == getattr(row.tcp, name)


def test_a_listening_socket_s_queues_are_of_connections() -> None:
    row = SocketRow(proto="tcp", state="listen", family=4, receive_queue=2, send_queue=128)
    seen = values(row)
    assert (seen["backlog"], seen["backlog_limit"], seen["receive_queue"], seen["send_queue"]) == (
        2,
        128,
        None,
        None,
    )

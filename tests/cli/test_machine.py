"""This machine's tables."""

from __future__ import annotations

import os

import pytest

from procwire.cli.machine import Machine, links
from procwire.tui.host import HostError, Want

DEV = """\
Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     500       5    0    0    0     0          0         0      500       5    0    0    0     0       0          0
  eth0: 1000000     900    0    2    0     0          0         0   200000     400    0    1    0     0       0          0
"""  # noqa: E501


def test_counters_of_interfaces_are_the_kernels() -> None:
    first, last = links(DEV)
    assert (first.name, first.bytes_in, first.bytes_out, first.packets, first.dropped) == (
        "eth0",
        10**6,
        200_000,
        1300,
        3,
    )
    assert last.name == "lo"


def test_processes_are_there_with_their_names() -> None:
    machine = Machine()
    found = machine.rows(Want(table="process", columns=("pid", "process"), filter=f"pid == {os.getpid()}"))
    assert found.total == 1
    assert found.rows[0][0] == os.getpid()


def test_interfaces_and_health() -> None:
    machine = Machine()
    names = {row[0] for row in machine.rows(Want(table="interface", columns=("name",))).rows}
    assert "lo" in names
    health = machine.health(None)
    assert names >= {link.name for link in health.links} & {"lo"}
    assert health.now > 0


def test_a_query_reads_them() -> None:
    machine = Machine()
    found = machine.query(f"SELECT pid FROM process WHERE pid = {os.getpid()}")
    assert found.rows == ((os.getpid(),),)
    with pytest.raises(HostError, match="query"):
        machine.query("DELETE FROM process")


def test_alerts_are_read_anew_when_one_was_dealt_with(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def kept(directory: str) -> list[object]:
        assert directory == "elsewhere"
        looks.append(1)
        return []

    monkeypatch.setattr("procwire.cli.machine.kept_alerts", kept)
    machine = Machine(alerts="elsewhere")
    want = Want(table="alert", columns=("state",))
    assert [machine.rows(want).total for _ in range(3)] == [0, 0, 0]
    assert len(looks) == 1
    with pytest.raises(HostError):
        machine.act("dance", {})
    machine.rows(want)
    assert len(looks) == 2

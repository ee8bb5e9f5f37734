from __future__ import annotations

import subprocess

import pytest

from procwire.bpf import probe
from procwire.bpf.libbpf import BpfError
from procwire.bpf.lifecycle import EXIT
from procwire.processes import lifefeed
from procwire.processes.connector import Connector
from procwire.processes.lifefeed import KernelFeed, open_feed
from tests.lab import wait_for


def need_programs() -> None:
    why = probe.obstacle(lifefeed.OBJECT)
    if why:
        pytest.skip(why)


@pytest.mark.kernel
def test_the_programs_come_first_and_lose_nothing_small() -> None:
    need_programs()
    feed, problem = open_feed()
    assert (feed.source, problem) == ("bpf", "")
    with subprocess.Popen(["/bin/true"]) as child:
        child.wait()
    wait_for(
        lambda: any(event.kind == EXIT and event.pid == child.pid for event in feed.poll(0.05)),
        what="the exit",
    )
    assert feed.lost == 0
    feed.close()


@pytest.mark.kernel
def test_a_full_buffer_is_counted() -> None:
    need_programs()
    feed = KernelFeed()
    for _ in range(4):  # three records of 1.4 kB each, a buffer of 4 MiB
        subprocess.run(
            ["/bin/sh", "-c", "i=0; while [ $i -lt 600 ]; do (:); (:); i=$((i+1)); done"], check=True
        )
    assert feed.lost > 0
    assert feed.poll(0.0)
    feed.close()


@pytest.mark.kernel
def test_the_connector_stands_in_with_the_reason() -> None:
    try:
        Connector().close()
    except OSError:
        with pytest.raises(OSError, match="the process connector"):
            open_feed(content=b"\x7fELF" + bytes(64))
        return
    feed, problem = open_feed(content=b"\x7fELF" + bytes(64))
    assert feed.source == "connector"
    assert problem
    feed.close()


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(BpfError):
        KernelFeed(content=b"\x7fELF" + bytes(64))

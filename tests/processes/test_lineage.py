"""Short-lived processes with their parents, their container and their end, as the kernel noted them."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from procwire.bpf import cgroup
from procwire.model.process import Owner
from procwire.processes._names import TCP
from procwire.processes.kernel import KernelOwners
from procwire.processes.keys import key_from
from procwire.processes.owners import Owners
from tests.bpf.kernel import need_bpf
from tests.lab import wait_for
from tests.processes.test_kernel import connecting, sink

CONTAINER = "c0ffee" * 10 + "beef"


@pytest.fixture
def owners() -> Iterator[Owners]:
    need_bpf()
    with KernelOwners() as source, Owners(origins=[source]) as opened:
        yield opened


def grandchild(work: Callable[[], int], before: Callable[[], object] = lambda: None) -> tuple[int, int, int]:
    """Run ``work`` in a child's child; both end at once. Returns their pids and what ``work`` returned."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            before()
            inner = os.fork()
            if inner == 0:
                os.write(writer, f"{os.getpid()} {work()}".encode())
                os._exit(0)
            os.waitpid(inner, 0)
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    inner, port = map(int, os.read(reader, 64).split())
    os.close(reader)
    return pid, inner, port


def named(owners: Owners, port: int, server: int) -> Owner:
    return owners.owner(key_from(TCP, "127.0.0.1", port, "127.0.0.1", server))


@pytest.mark.kernel
def test_parents_and_end_of_a_process_that_nobody_saw(owners: Owners) -> None:
    begun = time.time_ns()
    with sink(socket.AF_INET, "127.0.0.1") as server:
        child, inner, port = grandchild(connecting(socket.AF_INET, "127.0.0.1", server))
        found = named(owners, port, server).process
    assert found is not None
    assert found.pid == inner
    name = Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    assert found.ancestors[:3] == (f"{name}:{child}", f"{name}:{os.getpid()}", found.ancestors[2])
    assert found.ancestors[2].endswith(f":{os.getppid()}")
    assert begun - 1_000_000_000 < found.ended < time.time_ns() + 1_000_000_000


@pytest.mark.kernel
def test_the_container_of_a_process_that_is_gone(owners: Owners) -> None:
    folder = Path(cgroup.root()) / f"docker-{CONTAINER}.scope"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        with sink(socket.AF_INET, "127.0.0.1") as server:
            _, inner, port = grandchild(
                connecting(socket.AF_INET, "127.0.0.1", server),
                before=lambda: (folder / "cgroup.procs").write_text("0", encoding="ascii"),
            )
            found = named(owners, port, server).process
    finally:
        folder.rmdir()
    assert found is not None
    assert (found.pid, found.container, found.container_runtime) == (inner, CONTAINER[:12], "docker")
    assert found.unit == f"docker-{CONTAINER}.scope"


@pytest.mark.kernel
def test_without_a_group_of_its_own_it_lives_where_its_parent_does(owners: Owners) -> None:
    with sink(socket.AF_INET, "127.0.0.1") as server:
        _, _, port = grandchild(connecting(socket.AF_INET, "127.0.0.1", server))
        found = named(owners, port, server).process
    ours = owners.table.get(os.getpid())
    assert found is not None
    assert ours is not None
    assert (found.cgroup, found.unit, found.container) == (ours.cgroup, ours.unit, ours.container)


@pytest.mark.kernel
def test_what_ran_for_a_moment_is_hashed_all_the_same() -> None:
    need_bpf()
    code = (
        "import socket, sys\n"
        "s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print(s.getsockname()[1])"
    )
    with (
        KernelOwners() as source,
        Owners(origins=[source], hashes=True) as owners,
        sink(socket.AF_INET, "127.0.0.1") as server,
    ):
        done = subprocess.run([sys.executable, "-c", code, str(server)], capture_output=True, check=True)
        found = named(owners, int(done.stdout), server).process
        assert found is not None
        assert found.executable is not None
        wait_for(lambda: found.executable is not None and found.executable.sha256, what="the hash")
    content = Path(os.path.realpath(sys.executable)).read_bytes()
    assert found.executable.sha256 == hashlib.sha256(content).hexdigest()

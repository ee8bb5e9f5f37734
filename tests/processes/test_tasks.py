from __future__ import annotations

import os
import socket

import pytest

from procwire.bpf import probe
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import read_object
from procwire.processes.tasks import OBJECT, KernelTasks
from tests.bpf.kernel import without_capabilities


def need_iterators() -> None:
    why = probe.obstacle(OBJECT)
    if why:
        pytest.skip(why)


@pytest.mark.kernel
def test_the_process_table_and_the_holders() -> None:
    need_iterators()
    with KernelTasks() as kernel, socket.socket() as ours:
        assert kernel.missing == {}
        assert os.getpid() in {task.pid for task in kernel.tasks()}
        assert (os.getpid(), ours.fileno()) in {(held.pid, held.fd) for held in kernel.holders()}
        assert os.getpid() in (kernel.arguments() or {})


@pytest.mark.kernel
def test_a_kernel_that_lacks_one_iterator_does_without() -> None:
    need_iterators()
    content = read_object(OBJECT).replace(b"iter.s/task\0", b"iter.s/tusk\0")
    with KernelTasks(content=content) as kernel:
        assert list(kernel.missing) == ["arguments"]
        assert kernel.arguments() is None
        assert kernel.tasks()


@pytest.mark.kernel
def test_without_the_required_one_it_refuses() -> None:
    need_iterators()
    content = read_object(OBJECT).replace(b"iter.s/task\0", b"iter.s/tusk\0")
    with pytest.raises(BpfError):
        KernelTasks(content=content, required=frozenset({"arguments"}))


@pytest.mark.kernel
def test_without_capabilities_it_refuses() -> None:
    need_iterators()
    code = (
        "from procwire.bpf.libbpf import BpfError\nfrom procwire.processes.tasks import KernelTasks\n"
        "try:\n    KernelTasks()\nexcept BpfError as error:\n    print('refused', error.errno)"
    )
    assert without_capabilities(code).startswith("refused")

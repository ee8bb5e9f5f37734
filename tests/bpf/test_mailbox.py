from __future__ import annotations

import subprocess

import pytest

from procwire.bpf import mailbox as room
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import Object, read_object
from procwire.bpf.mailbox import Mailbox
from tests.bpf.kernel import need_bpf


@pytest.mark.kernel
def test_a_poll_takes_no_more_than_it_may_and_the_rest_later(monkeypatch: pytest.MonkeyPatch) -> None:
    need_bpf()
    monkeypatch.setattr(room, "MAX_TAKEN", 2)
    with Object(read_object("lifecycle")) as made:
        made.load()
        mailbox = Mailbox(made.library, made.map("events", 1).descriptor)
        made.attach()
        subprocess.run(["/bin/true"], check=True)
        first, second = mailbox.poll(1.0), mailbox.poll(1.0)
        assert len(first) == 2
        assert second
        mailbox.close()


@pytest.mark.kernel
def test_what_is_no_ring_buffer_is_refused() -> None:
    need_bpf()
    with Object(read_object("lifecycle")) as made:
        made.load()
        with pytest.raises(BpfError):
            Mailbox(made.library, made.map("lost", 8).descriptor)

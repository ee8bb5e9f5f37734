from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.bpf import records, tasks
from procwire.bpf.libbpf import BpfError
from procwire.bpf.loader import FOLDER, Object, read_object
from tests.bpf import kernel
from tests.bpf.kernel import SOURCE, need_bpf
from tests.lab import wait_for

SMALL = dict.fromkeys(("sockets", "tuples", "processes"), 256)


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    with pytest.raises(BpfError, match=r"owners\.bpf\.o: No such file"):
        read_object("owners", tmp_path)


def test_a_file_that_is_no_object_is_refused(tmp_path: Path) -> None:
    (tmp_path / "owners.bpf.o").write_bytes(b"version https://git-lfs\n")
    with pytest.raises(BpfError, match="not a BPF object"):
        read_object("owners", tmp_path)


def test_the_object_comes_with_the_package() -> None:
    assert read_object("owners") == (FOLDER / "owners.bpf.o").read_bytes()


@pytest.mark.kernel
def test_a_cut_object_is_an_error() -> None:
    need_bpf()
    content = read_object("owners")
    for size in (64, 1000, len(content) // 2, len(content) - 64):
        with pytest.raises(BpfError):
            Object(content[:size], sizes=SMALL)


@pytest.mark.kernel
def test_closing_takes_every_program_and_link_away() -> None:
    need_bpf()
    before = kernel.held()
    with Object(read_object("owners"), sizes=SMALL, accept=kernel.running("owners").__contains__) as made:
        made.load()
        made.attach()
        programs, links = (now - then for now, then in zip(kernel.held(), before, strict=True))
        assert len(programs) == len(links) == len(made.programs)
        assert programs <= kernel.programs()
        assert links <= kernel.links()
        assert made.map("sockets", records.OWNER_BYTES).get(bytes(8)) is None
    wait_for(lambda: not programs & kernel.programs(), what="the unloading")
    assert not links & kernel.links()


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["owners", "account", "iterators", "lifecycle"])
def test_a_killed_process_leaves_nothing_behind(name: str) -> None:
    need_bpf()
    code = (
        "import signal\nfrom procwire.bpf.loader import Object, read_object\n"
        f"accept = {sorted(kernel.running(name))!r}.__contains__\n"
        f"made = Object(read_object({name!r}), accept=accept); made.load(); made.attach()\n"
        "print('up', flush=True); signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SOURCE)}
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"up\n"
        programs, links = kernel.held(other.pid)
        assert len(programs) >= 3
        assert len(links) >= 3
        assert programs <= kernel.programs()
        assert links <= kernel.links()
        other.send_signal(signal.SIGKILL)
    wait_for(lambda: not programs & kernel.programs(), what="the unloading")
    wait_for(lambda: not links & kernel.links(), what="the detaching")


@pytest.mark.kernel
def test_a_folder_that_is_no_cgroup_is_refused(tmp_path: Path) -> None:
    need_bpf()
    _, before = kernel.held()
    with Object(read_object("owners"), sizes=SMALL, accept=kernel.running("owners").__contains__) as made:
        made.load()
        with pytest.raises(BpfError, match="attach_cgroup"):
            made.attach(str(tmp_path))
        with pytest.raises(BpfError, match="No such file"):
            made.attach(str(tmp_path / "none"))
    assert kernel.held()[1] == before


@pytest.mark.kernel
def test_only_the_accepted_programs_are_loaded() -> None:
    need_bpf()
    with Object(read_object("owners"), accept="egress".__eq__, sizes=SMALL) as made:
        made.load()
        assert made.programs == ("egress",)
        assert made.program_descriptor("egress") > 0
        with pytest.raises(BpfError):
            made.map("none", 8)


@pytest.mark.kernel
def test_an_iterator_is_read_as_often_as_wanted() -> None:
    need_bpf()
    _, links = kernel.held()
    with Object(read_object("iterators")) as made:
        made.load()
        made.attach()
        first, again = made.iterate("processes"), made.iterate("processes")
        assert len(first) % tasks.ROW_BYTES == len(again) % tasks.ROW_BYTES == 0
        assert os.getpid() in {task.pid for task in tasks.tasks(again)}
    assert kernel.held()[1] == links

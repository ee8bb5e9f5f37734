from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.model.process import Executable
from procwire.processes import executables
from procwire.processes.executables import Background, Executables, identity_of, resolved
from tests.lab import wait_for


@contextlib.contextmanager
def running(path: Path) -> Iterator[int]:
    """A copy of sleep at that path, running; its pid."""
    path.write_bytes(Path("/bin/sleep").read_bytes())
    path.chmod(0o755)
    with subprocess.Popen([path, "60"]) as child:
        try:
            wait_for(lambda: os.path.realpath(f"/proc/{child.pid}/exe") == str(path), what="the exec")
            yield child.pid
        finally:
            child.kill()


def test_hashes_are_those_of_the_file() -> None:
    content = Path(os.path.realpath(sys.executable)).read_bytes()
    known = Executables()
    found = known.hashed(os.getpid())
    assert found is not None
    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert len(found.blake3) == 64
    assert (found.deleted, found.memfd, found.replaced, found.problem) == (False, False, False, "")
    assert known.hashed(os.getpid()) is found
    assert known.hashed_bytes == len(content)


def test_a_known_digest(tmp_path: Path) -> None:
    file = tmp_path / "abc"
    file.write_bytes(b"abc")
    made, known = Executable(path=str(file)), Executables()
    known.fill(made, identity_of(file.stat()), os.open(file, os.O_RDONLY))
    assert made.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert made.blake3 == "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"


def test_a_deleted_and_then_replaced_program(tmp_path: Path) -> None:
    path = tmp_path / "program"
    with running(path) as pid:
        known = Executables()
        first = known.hashed(pid)
        path.unlink()
        gone = known.hashed(pid)
        path.write_bytes(b"another")
        replaced = Executables().hashed(pid)
    assert first is not None
    assert gone is not None
    assert replaced is not None
    assert (first.deleted, first.replaced) == (False, False)
    assert (gone.deleted, gone.replaced) == (True, False)
    assert (replaced.deleted, replaced.replaced) == (True, True)
    assert (
        first.sha256
        == gone.sha256
        == replaced.sha256
        == hashlib.sha256(Path("/bin/sleep").read_bytes()).hexdigest()
    )


def test_a_program_in_memory() -> None:
    memory = os.memfd_create("secret", 0)
    os.write(memory, Path("/bin/sleep").read_bytes())
    with subprocess.Popen([f"/proc/self/fd/{memory}", "60"], pass_fds=[memory]) as child:
        try:
            wait_for(lambda: "memfd" in str(Path(f"/proc/{child.pid}/exe").readlink()), what="the exec")
            found = Executables().hashed(child.pid)
        finally:
            child.kill()
            os.close(memory)
    assert found is not None
    assert (found.memfd, found.deleted, found.replaced) == (True, False, False)
    assert found.path.startswith("/memfd:secret")
    assert found.sha256 == hashlib.sha256(Path("/bin/sleep").read_bytes()).hexdigest()


def test_what_is_gone_has_no_program() -> None:
    known = Executables()
    assert known.look(1 << 30) is None


def test_a_file_that_is_too_large_or_changes_has_no_hash(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(b"abc")
    known, identity = Executables(), identity_of(file.stat())
    large, other = Executable(path=""), Executable(path="")
    known.fill(large, identity._replace(size=executables.MAX_FILE + 1), os.open(file, os.O_RDONLY))
    known.fill(other, identity._replace(changed=1), os.open(file, os.O_RDONLY))
    assert (large.problem, large.sha256) == (executables.TOO_LARGE, "")
    assert (other.problem, other.sha256) == (executables.CHANGED, "")
    folder = Executable(path="")
    known.fill(folder, identity, os.open(tmp_path, os.O_RDONLY))
    assert folder.problem


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(executables, "MAX_KNOWN", 1)
    known = Executables()
    with running(tmp_path / "a") as one, running(tmp_path / "b") as two:
        first = known.look(one)
        assert known.look(one) is first
        known.look(two)
        assert known.look(one) is not first


def test_the_background_hashes_what_has_ended_meanwhile(tmp_path: Path) -> None:
    with Background(Executables()) as background:
        with running(tmp_path / "short") as pid:
            found = background.look(pid)
            assert background.look(pid) is found
        assert found is not None
        wait_for(lambda: found.sha256, what="the hash")
        assert background.look(pid) is None
    assert found.sha256 == hashlib.sha256(Path("/bin/sleep").read_bytes()).hexdigest()


def test_the_background_refuses_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executables, "MAX_WAITING", 0)
    with Background(Executables()) as background:
        found = background.look(os.getpid())
        assert found is not None
        assert (found.problem, background.refused) == (executables.BUSY, 1)


def test_it_reads_no_faster_than_it_may(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(bytes(3 * executables.CHUNK))
    slept: list[float] = []
    opened = os.open(file, os.O_RDONLY)
    try:
        executables._digests(opened, executables.CHUNK, sleep=slept.append)
    finally:
        os.close(opened)
    assert slept == [1.0, 1.0, 1.0]


def test_a_path_is_said_without_the_links_through_which_it_was_executed(tmp_path: Path) -> None:
    file = tmp_path / "tool-1.2"
    file.write_bytes(b"#!")
    link = tmp_path / "tool"
    link.symlink_to("tool-1.2")
    status = file.stat()
    program = (status.st_dev, status.st_ino)
    assert resolved(str(link), program) == resolved(str(file), program) == str(file)
    # A link that was turned since, a file that is gone, one that is not known, and no path at all.
    other = tmp_path / "tool-1.3"
    other.write_bytes(b"#!")
    link.unlink()
    link.symlink_to("tool-1.3")
    for path in (str(link), str(tmp_path / "none"), "tool", "", "nul\0byte"):
        assert resolved(path, program) == path
    assert resolved(str(link), (0, 0)) == str(link)


def test_what_ran_is_vouched_for_by_its_inode_alone(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.write_bytes(b"abc")
    status = file.stat()
    known = Executables()
    found = known.vouched(str(file), (status.st_dev, status.st_ino))
    assert found is not None
    assert found is known.vouched(str(file), (status.st_dev, status.st_ino))
    assert known.vouched(str(file), (status.st_dev, status.st_ino + 1)) is None
    assert known.vouched(str(file), (0, 0)) is None
    assert known.vouched(str(tmp_path / "none"), (status.st_dev, status.st_ino)) is None
    with Background(known) as background:
        later = background.vouched(str(file), (status.st_dev, status.st_ino))
        assert later is found
        wait_for(lambda: found.sha256, what="the hash")
    assert found.sha256 == hashlib.sha256(b"abc").hexdigest()

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from procwire.model.process import EXACT
from procwire.processes import table
from procwire.processes.claims import Claim, Link
from procwire.processes.table import LINGER_NS, ProcessTable
from tests.lab import wait_for
from tests.processes.world import line, program, say


class FakeProc:
    """A folder that looks like /proc for one process, which the test changes as it likes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, pid: int, name: str, ticks: int, *, exe: str = "/bin/app", state: str = "S") -> None:
        home = self.root / str(pid)
        shutil.rmtree(home, ignore_errors=True)
        (home / "ns").mkdir(parents=True)
        fields = f"{pid} ({name}) {state} 1 1 1 0 -1 0 " + "0 " * 12 + f"{ticks} " + "0 " * 30
        (home / "stat").write_text(fields)
        (home / "status").write_text(f"Name:\t{name}\nUid:\t0\t0\t0\t0\nNSpid:\t{pid}\t3\n")
        (home / "cmdline").write_bytes(b"app\0--password=x\0")
        (home / "cgroup").write_text("0::/system.slice/app.service\n")
        (home / "exe").symlink_to(exe)

    def drop(self, pid: int) -> None:
        shutil.rmtree(self.root / str(pid))


@pytest.fixture
def fake(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path)


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> int:
        return self.now


def test_ourselves() -> None:
    ref = ProcessTable().get(os.getpid())
    assert ref is not None
    assert (ref.pid, ref.ppid, ref.uid) == (os.getpid(), os.getppid(), os.geteuid())
    assert ref.exe == os.path.realpath(sys.executable)
    assert ref.user == pwd.getpwuid(os.geteuid()).pw_name
    assert ref.netns == Path("/proc/self/ns/net").stat().st_ino
    assert ref.ns_pid > 0
    assert ref.start > 1_600_000_000_000_000_000


def test_a_process_is_read_once_and_masked(fake: FakeProc) -> None:
    fake.put(50, "app", 100)
    people = ProcessTable(proc=str(fake.root))
    first = people.get(50)
    assert first is not None
    assert people.get(50) is first
    assert people.reads == 1
    assert (first.cmdline, first.unit, first.ns_pid) == ("app --password=***", "app.service", 3)


def test_an_exec_is_noticed(fake: FakeProc) -> None:
    fake.put(50, "app", 100)
    people = ProcessTable(proc=str(fake.root))
    before = people.get(50)
    fake.put(50, "app", 100, exe="/bin/other")
    after = people.get(50)
    assert before is not None
    assert after is not None
    assert (after.exe, after.start, people.reads) == ("/bin/other", before.start, 2)


def test_a_file_that_is_written_to_while_it_runs_is_another(fake: FakeProc, tmp_path: Path) -> None:
    file = tmp_path / "app"
    file.write_bytes(b"one")
    fake.put(7, "app", 100, exe=str(file))
    processes = ProcessTable(proc=str(fake.root))
    before = processes.get(7)
    assert processes.get(7) is before
    file.write_bytes(b"another")
    after = processes.get(7)
    assert before is not None
    assert before.executable is not None
    assert after is not None
    assert after.executable is not None
    assert (after.pid, after.start, after.exe) == (before.pid, before.start, before.exe)
    assert after.executable.file[2] == 7
    assert before.executable.file[:2] == after.executable.file[:2]
    assert processes.get(7) is after


def test_a_process_that_runs_no_file_is_told_from_one_that_is_hidden_or_ending(fake: FakeProc) -> None:
    fake.put(7, "odd", 100)
    (fake.root / "7" / "exe").unlink()
    fake.put(8, "ending", 100)
    (fake.root / "8" / "exe").unlink()
    (fake.root / "8" / "cmdline").write_bytes(b"")
    fake.put(9, "hidden", 100)
    (fake.root / "9" / "exe").unlink()
    (fake.root / "9" / "exe").write_bytes(b"no link, as good as one that may not be read")
    processes = ProcessTable(proc=str(fake.root))
    told = [processes.get(pid) for pid in (7, 8, 9)]
    assert [one is not None and one.executable is not None and one.executable.absent for one in told] == [
        True, False, False,
    ]  # fmt: skip


def test_a_pid_that_is_used_again_is_another_process(fake: FakeProc) -> None:
    fake.put(50, "old", 100)
    people = ProcessTable(proc=str(fake.root))
    old = people.get(50)
    fake.put(50, "new", 900)
    new = people.get(50)
    assert old is not None
    assert new is not None
    assert (old.name, new.name) == ("old", "new")
    assert old.start != new.start
    assert people.known(50, old.start) is old
    assert people.known(50, new.start) is new


def test_the_exited_linger_and_are_forgotten(fake: FakeProc) -> None:
    clock = Clock()
    fake.put(50, "app", 100)
    people = ProcessTable(proc=str(fake.root), clock=clock)
    ref = people.get(50)
    assert ref is not None
    fake.drop(50)
    assert people.get(50) is None
    clock.now = LINGER_NS - 1
    assert people.known(50, ref.start) is ref
    clock.now = LINGER_NS
    assert people.known(50, ref.start) is None


def test_a_zombie_keeps_what_was_read_before(fake: FakeProc) -> None:
    fake.put(50, "app", 100)
    people = ProcessTable(proc=str(fake.root))
    before = people.get(50)
    (fake.root / "50" / "exe").unlink()
    (fake.root / "50" / "stat").write_text((fake.root / "50" / "stat").read_text().replace(") S", ") Z"))
    assert people.get(50) is before


def test_the_table_is_bounded(fake: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_PROCESSES", 3)
    people = ProcessTable(proc=str(fake.root))
    for pid in range(50, 60):
        fake.put(pid, "app", pid)
        people.get(pid)
    assert len(people) == 3


def test_parents_lead_to_the_first(fake: FakeProc) -> None:
    people = ProcessTable()
    chain = people.parents(os.getpid())
    assert chain[0].pid == os.getppid()
    assert chain[-1].ppid == 0


def test_a_user_without_a_name_is_a_number() -> None:
    assert ProcessTable().user(3_999_999_999) == "3999999999"
    assert ProcessTable().user(-1) == ""


def test_a_name_with_parentheses_and_a_newline() -> None:
    code = "open('/proc/self/comm','w').write('a) (b\\nc'); print('ready', flush=True); input()"
    with program(code) as started:
        assert line(started) == "ready"
        ref = ProcessTable().get(started.pid)
        assert ref is not None
        assert ref.name == "a) (b\\nc"
        assert ref.ppid == os.getpid()


def test_a_zombie_and_its_end() -> None:
    people = ProcessTable()
    with program("print('ready', flush=True); input()") as started:
        line(started)
        alive = people.get(started.pid)
        say(started)
        wait_for(lambda: ") Z" in Path(f"/proc/{started.pid}/stat").read_text(), what="the zombie")
        assert people.get(started.pid) == alive
        started.wait()
        assert people.get(started.pid) is None
        assert alive is not None
        assert people.known(started.pid, alive.start) == alive


def test_a_real_exec_is_noticed() -> None:
    people = ProcessTable()
    code = "import os; print('ready', flush=True); input(); os.execvp('sleep', ['sleep', '60'])"
    with program(code) as started:
        line(started)
        before = people.get(started.pid)
        say(started)
        wait_for(lambda: Path(f"/proc/{started.pid}/comm").read_text() == "sleep\n", what="the exec")
        after = people.get(started.pid)
        assert before is not None
        assert after is not None
        assert (before.start, after.name, after.cmdline) == (after.start, "sleep", "sleep 60")


def test_arguments_that_are_no_utf_8() -> None:
    words = [os.fsencode(sys.executable), b"-c", b"input()", b"\xff\xfe"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as started:
        wait_for(lambda: b"input" in Path(f"/proc/{started.pid}/cmdline").read_bytes(), what="the exec")
        ref = ProcessTable().get(started.pid)
        assert ref is not None
        assert ref.cmdline.endswith("-c input() \\xff\\xfe")


@pytest.mark.skipif(
    not Path("/proc/2/stat").exists(), reason="kernel threads are not seen in this pid namespace"
)
def test_a_kernel_thread_has_a_name_and_no_program() -> None:
    ref = ProcessTable().get(2)
    if ref is None or ref.name != "kthreadd":
        pytest.skip("no kernel threads are seen in this pid namespace")
    assert (ref.exe, ref.cmdline) == ("", "")


CURL = Claim(
    7,
    0,
    EXACT,
    "bpf",
    name="curl",
    uid=0,
    since_boot=1_000_000_000,
    exe="/usr/bin/curl",
    cmdline="curl x",
    ppid=6,
)


def test_a_claim_is_completed_from_what_was_read_and_not_replaced(fake: FakeProc) -> None:
    fake.put(7, "curl", 100, exe="/usr/lib/curl")
    found = ProcessTable(proc=str(fake.root)).told(CURL)
    assert (found.exe, found.unit) == ("/usr/lib/curl", "app.service")


def test_a_process_that_was_never_read_is_as_the_source_says(fake: FakeProc) -> None:
    fake.put(6, "sh", 50, exe="/bin/sh")
    found = ProcessTable(proc=str(fake.root)).told(CURL)
    assert (found.pid, found.name, found.exe, found.cmdline) == (7, "curl", "/usr/bin/curl", "curl x")
    assert (found.user, found.ppid, found.parent) == ("root", 6, "sh")
    assert found.start > 1_600_000_000_000_000_000


def test_a_pid_that_is_used_again_is_not_taken_for_the_claims(fake: FakeProc) -> None:
    fake.put(7, "other", 900)
    found = ProcessTable(proc=str(fake.root)).told(CURL)
    assert (found.name, found.exe) == ("curl", "/usr/bin/curl")


def test_what_was_read_before_the_last_exec_gives_way(fake: FakeProc) -> None:
    processes = ProcessTable(proc=str(fake.root))
    fake.put(7, "sh", 100, exe="/bin/sh")
    assert processes.get(7) is not None
    fake.drop(7)
    found = processes.told(CURL)
    assert (found.name, found.exe, found.cmdline) == ("curl", "/usr/bin/curl", "curl x")
    assert found.unit == "app.service"


def test_a_process_on_its_way_out_gets_its_executable_back(fake: FakeProc) -> None:
    fake.put(7, "curl", 100, state="Z")
    (fake.root / "7" / "exe").unlink()
    (fake.root / "7" / "cmdline").write_bytes(b"")
    found = ProcessTable(proc=str(fake.root)).told(CURL)
    assert (found.exe, found.cmdline) == ("/usr/bin/curl", "curl x")


def test_a_process_that_ends_between_two_reads_gets_its_arguments_back(fake: FakeProc) -> None:
    fake.put(9, "curl", 100)
    (fake.root / "9" / "cmdline").write_bytes(b"")
    processes = ProcessTable(proc=str(fake.root))
    start = processes.get(9)
    assert start is not None
    claim = CURL._replace(pid=9, start=start.start, cmdline="curl http://a.test/")
    found = processes.told(claim)
    assert (found.exe, found.cmdline, found.cgroup) == (
        "/bin/app", "curl http://a.test/", "/system.slice/app.service",
    )  # fmt: skip


@pytest.mark.parametrize("noted", ["make", ""])
def test_a_process_that_is_read_as_it_is_released_gets_its_parent_back(fake: FakeProc, noted: str) -> None:
    """It has its name and start still, and no parent, program nor arguments any more."""
    fake.put(6, "make", 50)
    fake.put(9, "curl", 100)
    home = fake.root / "9"
    (home / "stat").write_text("9 (curl) X 0 0 0 0 -1 0 " + "0 " * 12 + "100 " + "0 " * 30)
    (home / "cmdline").write_bytes(b"")
    (home / "exe").unlink()
    processes = ProcessTable(proc=str(fake.root))
    boot = int(1e9) // os.sysconf("SC_CLK_TCK")
    claim = CURL._replace(pid=9, since_boot=100 * boot, cmdline="curl x", ppid=6, parent=noted)
    found = processes.told(claim._replace(lineage=(Link(6, 50 * boot, noted),)))
    assert (found.ppid, found.parent, found.ancestors[0]) == (6, "make", "make:6")
    assert (found.exe, found.cmdline) == ("/usr/bin/curl", "curl x")


def test_a_program_that_was_read_before_it_had_arguments_is_read_again(fake: FakeProc) -> None:
    fake.put(50, "app", 100)
    arguments = fake.root / "50" / "cmdline"
    arguments.write_bytes(b"")
    people = ProcessTable(proc=str(fake.root))
    first = people.get(50)
    assert first is not None
    assert first.cmdline == ""
    arguments.write_bytes(b"app\0--verbose\0")
    second = people.get(50)
    assert second is not None
    assert second.cmdline == "app --verbose"
    assert people.get(50) is second


def test_a_forked_process_is_what_its_parent_is_unless_that_came_later(fake: FakeProc) -> None:
    child = CURL._replace(exe="", cmdline="", name="sh", inherits=True)
    fake.put(6, "sh", 50, exe="/bin/sh")
    clock = Clock()
    processes = ProcessTable(proc=str(fake.root), clock=clock)
    assert processes.told(child).exe == "/bin/sh"
    fake.put(6, "later", 500, exe="/bin/later")
    clock.now += table.FRESH_NS
    assert processes.told(child).exe == ""


def test_a_parent_of_many_is_read_once_while_the_kernel_knows_no_other_name_of_it(fake: FakeProc) -> None:
    clock = Clock()
    processes = ProcessTable(proc=str(fake.root), clock=clock)
    boot = int(1e9) // os.sysconf("SC_CLK_TCK")
    claim = CURL._replace(ppid=6, parent="", lineage=(Link(6, 50 * boot, ""),))
    fake.put(6, "make", 50, exe="/usr/bin/make")
    assert processes.told(claim).ancestors[0] == "make:6"
    fake.put(6, "other", 50, exe="/usr/bin/other")
    assert processes.told(claim).ancestors[0] == "make:6"
    renamed = claim._replace(parent="other", lineage=(Link(6, 50 * boot, "other"),))
    assert processes.told(renamed).ancestors[0] == "other:6"
    fake.put(6, "third", 50, exe="/usr/bin/third")
    clock.now += table.FRESH_NS
    assert processes.told(claim).ancestors[0] == "third:6"
    for pid in range(1000, 1000 + 2 * table.MAX_FRESH):
        fake.put(pid, "x", 100)
        processes.told(claim._replace(pid=pid, name="x"))
    assert len(processes._fresh) <= table.MAX_FRESH


def test_every_process_lists_its_parents_and_a_very_long_chain_ends(fake: FakeProc) -> None:
    for pid in range(1, 400):
        fake.put(pid, f"p{pid}", pid)
        stat = (fake.root / str(pid) / "stat").read_text(encoding="utf-8")
        (fake.root / str(pid) / "stat").write_text(stat.replace(" S 1 ", f" S {pid - 1} "), encoding="utf-8")
    known = ProcessTable(proc=str(fake.root))
    third = known.get(3)
    assert third is not None
    assert third.ancestors == ("p2:2", "p1:1")
    last = known.get(399)
    assert last is not None
    assert last.ancestors[:2] == ("p398:398", "p397:397")
    assert len(last.ancestors) <= table.MAX_ANCESTORS


def test_noted_parents_lead_to_the_nearest_that_lives(fake: FakeProc) -> None:
    fake.put(5, "shell", 100)
    known = ProcessTable(proc=str(fake.root))
    living = known.get(5)
    assert living is not None
    boot = int(1e9) // os.sysconf("SC_CLK_TCK")
    lineage = (Link(8, 1, "make"), Link(7, 1, "sh"), Link(5, 100 * boot, ""))
    claim = Claim(9, 0, EXACT, "bpf", name="cc", since_boot=200 * boot, ppid=8, lineage=lineage)
    assert known.told(claim).ancestors[:3] == ("make:8", "sh:7", "shell:5")
    other = claim._replace(lineage=(Link(8, 1, "make"), Link(5, 999 * boot, "")))
    assert known.told(other).ancestors == ("make:8",)


def test_a_process_that_opens_many_connections_at_once_is_read_once(fake: FakeProc) -> None:
    clock = Clock()
    processes = ProcessTable(proc=str(fake.root), clock=clock)
    fake.put(7, "curl", 100, exe="/usr/lib/curl")
    first = processes.told(CURL)
    fake.put(7, "curl", 100, exe="/usr/lib/other")
    assert processes.told(CURL) is first
    assert processes.told(CURL._replace(name="wget")).exe == "/usr/lib/other"  # another program since
    fake.put(7, "curl", 100, exe="/usr/lib/third")
    clock.now += table.FRESH_NS
    assert processes.told(CURL).exe == "/usr/lib/third"

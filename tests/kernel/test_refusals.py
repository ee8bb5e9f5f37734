"""Where the programs cannot run: ``procwire watch`` falls back, says why in a line, and stays correct."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from procwire.bpf import cgroup, probe
from procwire.bpf.loader import FOLDER
from procwire.cli import exit
from tests.bpf import kernel
from tests.lab import Host, Lab, need, wait_for, why_not

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
SENT = 12
TALK = f"""
import socket, time
listener = socket.create_server(("127.0.0.1", 0))
ours = socket.create_connection(listener.getsockname())
theirs, _ = listener.accept()
for _ in range({SENT}):
    ours.sendall(b"x" * 100)
    theirs.recv(100)
    time.sleep(1)  # who has it is looked up where the kernel does not tell: that takes its time
print(listener.getsockname()[1])
"""
KEEP = "-all,+net_raw,+net_admin,+sys_ptrace,+dac_read_search"
UNMOUNTED = f"{KEEP},+bpf,+perfmon"  # everything but the right to mount


class Told(NamedTuple):
    """What a watch said, and the process whose connection it saw."""

    notes: list[str]
    flow: dict[str, Any]
    pid: int


def hidden(*files: str) -> str:
    """A command that empties files in a mount namespace of its own, and goes on as what follows it."""
    return " && ".join(f"mount --bind /dev/null {file}" for file in files)


def refusals() -> dict[str, tuple[list[str], str, str]]:
    """How each is brought about, and the words that tell of it: of the packets' source, of the owners'."""
    objects = [str(FOLDER / f"{name}.bpf.o") for name in ("account", "owners")]
    shell = ["unshare", "-m", "sh", "-c"]
    btf = f"mount -t tmpfs none {Path(probe.BTF).parent}"
    return {
        "no BTF": ([*shell, f'{btf} && exec "$@"', "-"], "no BTF", "no BTF"),
        "no objects": (
            [*shell, f'{hidden(*objects)} && exec "$@"', "-"], "account.bpf.o: not a BPF object",
            "owners.bpf.o: not a BPF object",
        ),
        "one object": (
            [*shell, f'{hidden(objects[0])} && exec "$@"', "-"], "account.bpf.o: not a BPF object", "",
        ),
        "no CAP_BPF": (
            ["setpriv", f"--bounding-set={KEEP}", f"--inh-caps={KEEP}"], "CAP_BPF, CAP_PERFMON",
            "CAP_BPF, CAP_PERFMON",
        ),
        "no cgroup v2": (
            [*shell, f'umount -l {cgroup.mounted()} && exec "$@"', "-", "setpriv",
             f"--bounding-set={UNMOUNTED}", f"--inh-caps={UNMOUNTED}"],
            "no cgroup v2 tree is mounted, and to mount one is refused",
            "no cgroup v2 tree is mounted, and to mount one is refused",
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    kernel.need_bpf()
    missing = need("unshare", "setpriv")
    if missing:
        pytest.skip(f"needs {missing}")
    with Lab() as lab:
        yield lab.host("a")


def held(pid: int) -> tuple[set[int], set[int]]:
    """Programs and links that a watch holds, and its warden, who keeps those of the owners."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    parts = [kernel.held(each) for each in (pid, *map(int, children))]
    return set().union(*(programs for programs, _ in parts)), set().union(*(links for _, links in parts))


def watched(host: Host, *prefix: str) -> Told:
    """One connection over loopback, under a watch that is started by way of ``prefix``."""
    words = [*prefix, sys.executable, "-m", "procwire", "watch", "-i", "lo", "--json"]
    watcher = host.start(*words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watcher.stderr is not None
    notes = [watcher.stderr.readline().decode()]
    while "watching" not in notes[-1]:
        assert notes[-1], notes
        notes.append(watcher.stderr.readline().decode())
    talker = host.start(sys.executable, "-S", "-c", TALK, stdout=subprocess.PIPE)
    said, _ = talker.communicate(timeout=60)
    watcher.send_signal(signal.SIGINT)
    assert watcher.stdout is not None
    output, last = watcher.stdout.read(), watcher.stderr.read()
    watcher.wait(60)
    flows = [json.loads(line) for line in output.splitlines() if b'"event":"end"' in line]
    (flow,) = [flow for flow in flows if flow.get("dst_port") == int(said)]
    return Told([line.strip() for line in [*notes, *last.decode().splitlines()]], flow, talker.pid)


@pytest.mark.parametrize("case", list(refusals()))
def test_it_falls_back_says_why_and_stays_correct(host: Host, case: str) -> None:
    prefix, packets, owners = refusals()[case]
    told = watched(host, *prefix)
    reasons = {
        kind: [line for line in told.notes if f"{kind} from" in line] for kind in ("packets", "owners")
    }
    assert [packets in line and "tap alone" in line for line in reasons["packets"]] == [True], told.notes
    assert [owners in line and "sock_diag" in line for line in reasons["owners"]] == [True] * bool(owners)
    assert (told.flow["pid"], told.flow["source"]) == (told.pid, "tap"), told.flow
    assert told.flow["owner_source"] == ("sock-diag" if owners else "bpf")
    assert (told.flow["payload_out"], told.flow["payload_in"]) == (100 * SENT, 0)


def test_a_tree_that_is_hidden_is_mounted_once_more(host: Host) -> None:
    """As ``ip netns exec`` hides it: a /sys of its own above it."""
    told = watched(host, "unshare", "-m", "sh", "-c", 'mount -t sysfs none /sys && exec "$@"', "-")
    assert [line for line in told.notes if " from " in line] == [], told.notes
    assert (told.flow["pid"], told.flow["source"], told.flow["owner_source"]) == (told.pid, "both", "bpf")
    assert (told.flow["payload_out"], told.flow["payload_in"]) == (100 * SENT, 0)


def test_a_full_map_is_told_and_what_it_still_has_is_right(host: Host) -> None:
    code = (
        "import functools, sys\nfrom procwire.accounting import programs, source\n"
        "from procwire.cli import main\n"
        "source.Programs = functools.partial(programs.Programs, sizes={'accounts': 64})\n"
        "sys.exit(main.main(['watch', '-i', 'lo', '--json']))"
    )
    spray = (
        "import socket\nwith socket.socket(type=socket.SOCK_DGRAM) as one:\n"
        "    for port in range(20_000, 22_000): one.sendto(b'x', ('127.0.0.1', port))"
    )
    watcher = host.start(sys.executable, "-c", code, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watcher.stderr is not None
    assert watcher.stdout is not None
    while b"watching" not in (line := watcher.stderr.readline()):
        assert line
    host.run(sys.executable, "-S", "-c", spray)
    said = host.run(sys.executable, "-S", "-c", TALK)
    watcher.send_signal(signal.SIGINT)
    output, last = watcher.stdout.read(), watcher.stderr.read().decode()
    assert watcher.wait(60) == exit.INCOMPLETE
    assert "accounts lost by a full map in the kernel" in last
    flows = [json.loads(line) for line in output.splitlines() if b'"event":"end"' in line]
    (flow,) = [flow for flow in flows if flow.get("dst_port") == int(said)]
    assert flow["source"] == "both"
    # Sockets of the whole host share the map, so this flow's account may have had to make room as well: what
    # was counted since the last reading is then missing, as is said, and nothing is counted twice.
    assert flow["payload_out"] in range(100, 100 * SENT + 1, 100)


def test_where_nothing_is_missing_there_is_no_fallback_and_a_kill_leaves_nothing(host: Host) -> None:
    told = watched(host)
    assert not [line for line in told.notes if "alone" in line]
    assert (told.flow["pid"], told.flow["source"], told.flow["owner_source"]) == (told.pid, "both", "bpf")
    assert told.flow["payload_out"] == 100 * SENT
    watcher = host.start(sys.executable, "-m", "procwire", "watch", "-i", "lo", stderr=subprocess.PIPE)
    assert watcher.stderr is not None
    while b"watching" not in (line := watcher.stderr.readline()):
        assert line
    wait_for(lambda: len(held(watcher.pid)[1]) >= 16, what="the programs of the owners")
    programs, links = held(watcher.pid)
    assert programs <= kernel.programs()
    watcher.kill()
    watcher.wait(60)
    watcher.stderr.close()
    wait_for(lambda: not programs & kernel.programs(), what="the unloading")
    wait_for(lambda: not links & kernel.links(), what="the detaching")

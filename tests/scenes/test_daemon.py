"""``procwire daemon`` as it runs: who may ask, what it tells, what becomes of it when a part dies."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.api.client import ApiError, Client
from procwire.api.messages import Event
from procwire.sandbox.profile import DAEMON, DAEMON_KEEPS, ENGINE, SCRIBE, WARDEN
from procwire.sandbox.readback import status
from tests.lab import Host, Lab, wait_for, why_not
from tests.scenes.daemons import SOURCE, Daemon, children, is_over
from tests.scenes.test_split import talk

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]

AS_NOBODY = """
import os, sys
from procwire.api.client import ApiError, Client
os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
try:
    with Client(sys.argv[1]) as client:
        print(client.welcome.sees, client.rows("flow").total, client.rows("health").total > 0)
except ApiError as error:
    print(error.code)
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with Lab() as lab:
        yield lab.host("a")


@pytest.fixture(scope="module")
def daemon(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    made = Daemon(host, tmp_path_factory.mktemp("daemon"))
    try:
        made.hear("READY=1")
        yield made
    finally:
        made.end()


def as_nobody(path: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, path],
        env=os.environ | {"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert not done.stderr
    return done.stdout.strip()


def test_it_tells_flows_with_their_owners(host: Host, daemon: Daemon) -> None:
    with daemon.client() as client:
        feed = client.subscribe("flow", "app == http", ["process", "app", "state"])
        seen = client.subscribe("observation", kinds=["http"])
        talk(host)
        events: list[Event] = []

        def told() -> bool:
            events.extend(client.events(0.2))
            return sum(event.id == feed.id and event.event == "open" for event in events) >= 5

        wait_for(told, what="five flows")
        assert {event.row[0] for event in events if event.id == feed.id} == {"python3"}
        assert sum(event.id == seen.id for event in events) >= 5
        found = client.rows("flow", ["flow_id", "process"], "app == http", ["-start"], limit=1)
        assert found.total >= 5
        whole = client.flow(found.rows[0][0])
        assert whole.flow["process"] == "python3"
        assert [one["table"] for one in whole.observations]
        rows = {(row["part"], row["name"]): row for row in client.health()}
        assert rows["sandbox", "seccomp"]["status"] == "ok"
        assert rows["capture", "dropped"]["amount"] == 0
        assert client.rows("flow", limit=0).complete


def test_it_says_who_answers_for_packets(host: Host, daemon: Daemon) -> None:
    with daemon.client() as client:
        wait_for(lambda: client.rows("accounting").total, what="a second look")
        talk(host)

        def settled() -> list[dict[str, Any]]:
            return [row for row in client.rows("accounting").dicts() if row["attributed"] > 10]

        (row,) = wait_for(settled, what="what was said")
        assert (row["interface"], row["direction"], row["unexplained"]) == ("lo", "in", 0)


def test_each_process_is_in_its_cell(daemon: Daemon) -> None:
    engine, warden, stays = (status(pid) for pid in (*daemon.family, int(daemon.program.pid)))
    assert (engine["Name"], warden["Name"], stays["Name"]) == (ENGINE[:15], WARDEN[:15], DAEMON)
    assert (engine["Seccomp"], warden["Seccomp"], stays["Seccomp"]) == ("2", "2", "2")
    assert int(engine["CapEff"], 16) == 0
    kept = sum(1 << number for number in DAEMON_KEEPS)
    assert stays["NoNewPrivs"] == "1"
    assert int(stays["CapBnd"], 16) == int(stays["CapPrm"], 16) == int(status()["CapPrm"], 16) & kept


def test_others_may_not_ask(daemon: Daemon) -> None:
    assert stat.S_IMODE(Path(daemon.path).stat().st_mode) == 0o600
    daemon.folder.parent.parent.chmod(0o755)
    for folder in (daemon.folder, daemon.folder.parent):
        folder.chmod(0o755)
    assert as_nobody(daemon.path) == "denied"
    Path(daemon.path).chmod(0o666)  # as if it were the group's, and nobody one of it
    assert as_nobody(daemon.path) == "own 0 True"
    Path(daemon.path).chmod(0o600)


def test_a_second_one_is_refused_in_one_line(daemon: Daemon) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "procwire", "daemon", "--socket", daemon.path, "-i", "lo"],
        env=os.environ | {"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"procwire: {daemon.path}: a daemon listens there already\n"
    with daemon.client() as client:
        assert client.rows("health").total


@pytest.mark.parametrize("which", [0, 1], ids=["engine", "warden"])
def test_a_part_that_is_killed_is_started_anew_and_said(daemon: Daemon, which: int) -> None:
    client = daemon.client()
    before = daemon.family
    after = daemon.killed(which)
    assert not set(before) & set(after)
    assert all(is_over(pid) for pid in before)
    with pytest.raises(ApiError, match="the daemon has ended"):
        client.rows("health")
    client.close()
    assert ("was ended by SIGKILL", "it has ended: nothing can be asked")[which] in daemon.log
    wait_for(lambda: _restarts(daemon.path) == which + 1, what="the count of restarts")


def _restarts(path: str) -> int:
    with Client(path) as client:
        rows = {(row["part"], row["name"]): row.get("amount", 0) for row in client.health()}
    return int(rows["process", "restarts"])


def test_without_the_one_that_stays_the_others_end_and_its_socket_is_taken_over(
    host: Host, tmp_path: Path
) -> None:
    daemon = Daemon(host, tmp_path, "--no-store")
    daemon.hear("READY=1")
    family = daemon.family
    daemon.program.send_signal(signal.SIGKILL)
    daemon.program.wait(60)
    wait_for(lambda: all(is_over(pid) for pid in family), what="the end of both")
    assert Path(daemon.path).exists()
    (tmp_path / "n").unlink()
    again = Daemon(host, tmp_path, "--no-store")
    again.hear("READY=1")
    assert again.end()[0] == 0
    daemon.end()


def test_where_the_tree_of_control_groups_is_hidden_packets_are_counted_all_the_same(
    host: Host, tmp_path: Path
) -> None:
    """As ``ip netns exec`` hides it: who is shut in may mount nothing, and has what was mounted before."""
    hiding = ("unshare", "-m", "sh", "-c", 'mount -t sysfs none /sys && exec "$@"', "-")
    daemon = Daemon(host, tmp_path, prefix=hiding)
    daemon.hear("READY=1")
    daemon.killed(0)  # the next engine has it, too
    assert daemon.end()[0] == 4
    assert " alone: " not in daemon.log
    assert daemon.log.count("procwire: watching lo") == 2


def test_sighup_reads_the_configuration_anew_and_sigterm_ends_all(host: Host, tmp_path: Path) -> None:
    config, filters = tmp_path / "c.toml", tmp_path / "f.yaml"
    config.write_text(f'[watch]\nfilters = "{filters}"\n[store]\nage = "1h"\n')
    filters.write_text("filters: [{dst_port: 9, action: ignore}]\n")
    daemon = Daemon(host, tmp_path, before=("--config", str(config)))
    daemon.hear("READY=1")
    config.write_text(f'[watch]\nfilters = "{filters}"\nsnaplen = 100\n[store]\nage = "2h"\n')
    filters.write_text("filters: [{dst_port: 9, action: ignore}, {dst_port: 8, action: ignore}]\n")
    daemon.program.send_signal(signal.SIGHUP)
    daemon.hear("RELOADING=1")
    daemon.hear("READY=1")
    wait_for(lambda: "2 filters read anew" in daemon.log, what="the filters")
    assert "watch.snaplen has changed, and needs a restart" in daemon.log
    assert "store.age" not in daemon.log
    filters.write_text("filters: [{nothing: 9}]\n")
    daemon.program.send_signal(signal.SIGHUP)
    wait_for(lambda: "the configuration stays as it was" in daemon.log, what="the complaint")
    family = daemon.family
    code, seconds = daemon.end()
    assert (code, all(is_over(pid) for pid in family)) == (0, True)
    assert seconds < 60  # usually 0.3
    assert not Path(daemon.path).exists()


def test_what_it_writes_beside_is_kept_when_a_part_dies(host: Host, tmp_path: Path) -> None:
    ledger, packets, log = tmp_path / "led", tmp_path / "all.pcapng", tmp_path / "log.jsonl"
    words = ("--ledger", str(ledger), "--write", str(packets), "--log-events", str(log))
    daemon = Daemon(host, tmp_path, "--no-store", *words)
    daemon.hear("READY=1")
    engine = children(daemon.program.pid)[0]
    scribe = next(pid for pid in children(engine) if status(pid)["Name"] == SCRIBE)
    os.kill(scribe, signal.SIGKILL)
    wait_for(lambda: "the scribe has ended" in daemon.log, what="the word of it")
    talk(host)
    wait_for(lambda: log.read_bytes().count(b"\n") >= 5, what="the events")
    os.kill(engine, signal.SIGKILL)
    wait_for(lambda: daemon.log.count("watching lo") == 2, what="another engine")
    talk(host)
    again = tmp_path / "log.1.jsonl"
    wait_for(lambda: again.exists() and again.read_bytes().count(b"\n") >= 5, what="more events")
    assert daemon.end()[0] == 4
    assert log.stat().st_size
    assert packets.stat().st_size
    assert (tmp_path / "all.1.pcapng").stat().st_size
    assert "is signed" in daemon.log

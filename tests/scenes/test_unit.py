"""The unit file under systemd itself: start, capture, journal, reload, watchdog, stop, and its rating."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from tests.lab import wait_for
from tests.scenes.managed import ROOT, UNIT, Manager, why_no_manager

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_no_manager()), reason=why_no_manager())]

MOST_EXPOSED = 50  # tenths; systemd calls up to 50 OK. It was 42 with systemd 252
TALK = """
import socket
s = socket.create_server(("127.0.0.1", 0))
for _ in range(5):
    c = socket.create_connection(s.getsockname()); a, _ = s.accept()
    c.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"); a.recv(99)
    a.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n"); c.recv(99); c.close(); a.close()
"""


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Manager]:
    """With the unit installed as docs/daemon.md says, and started."""
    made = Manager(tmp_path_factory.mktemp("manager"))
    try:
        made.run("tee", UNIT, given=made.procwire("daemon", "--print-unit"))
        drop_in = f"[Service]\nEnvironment=PYTHONPATH={ROOT / 'src'}\nRestartSec=100ms\n"
        if ROOT.parts[1] == "tmp":  # of which the unit has one of its own
            drop_in += f"BindReadOnlyPaths={ROOT}\n"
        made.run("mkdir", f"{UNIT}.d")
        made.run("tee", f"{UNIT}.d/scene.conf", given=drop_in)
        made.run("systemctl", "daemon-reload")
        made.run("systemctl", "start", "procwire")
        yield made
    finally:
        made.end()


def journal(manager: Manager) -> list[dict[str, str]]:
    """Its entries."""
    lines = manager.run("journalctl", "-u", "procwire", "-o", "json", "--no-pager").splitlines()
    return [json.loads(line) for line in lines]


def health(manager: Manager) -> list[dict[str, str]]:
    lines = manager.procwire("query", "SELECT part, name, status, detail FROM health", "--json").splitlines()
    return [row for row in map(json.loads, lines) if "part" in row]


def test_started_is_told_by_the_daemon_and_everything_works_in_the_units_cell(manager: Manager) -> None:
    assert (manager.shown("ActiveState"), manager.shown("SubState")) == ("active", "running")
    manager.run(sys.executable, "-c", TALK)

    def seen() -> list[str]:
        question = "SELECT app FROM flow_now WHERE app = 'http'"
        return manager.procwire("query", question, "--json").splitlines()

    wait_for(lambda: len(seen()) >= 5, what="five flows")
    rows = health(manager)
    bad = [row for row in rows if row.get("status") not in ("ok", None)]
    assert not [row for row in bad if row["part"] in ("capture", "sandbox", "store")]
    assert any(
        row["name"] == "source" and row["detail"] == "both" for row in rows if row["part"] == "capture"
    )
    assert " open, " in manager.shown("StatusText")


def test_the_journal_has_levels_and_names(manager: Manager) -> None:
    (ready,) = [entry for entry in journal(manager) if entry["MESSAGE"] == "ready"]
    assert (ready["PRIORITY"], ready["SYSLOG_IDENTIFIER"]) == ("6", "procwire")
    assert ready["_PID"] == manager.shown("MainPID")
    assert any(entry["MESSAGE"].startswith("watching lo") for entry in journal(manager))


def test_reload_reads_the_configuration_anew_in_the_same_processes(manager: Manager) -> None:
    before = manager.shown("MainPID")
    manager.run("systemctl", "reload", "procwire")
    wait_for(
        lambda: "the configuration was read anew" in [entry["MESSAGE"] for entry in journal(manager)],
        what="the word of it",
    )
    assert (manager.shown("MainPID"), manager.shown("ActiveState")) == (before, "active")


def test_the_unit_file_is_without_fault_and_rated(manager: Manager) -> None:
    assert manager.run("systemd-analyze", "verify", "--man=no", UNIT) == ""
    manager.run("systemd-analyze", "security", f"--threshold={MOST_EXPOSED}", "--no-pager", "procwire")


def test_a_daemon_that_hangs_is_ended_by_the_watchdog_and_begins_anew(manager: Manager) -> None:
    manager.run("tee", f"{UNIT}.d/watchdog.conf", given="[Service]\nWatchdogSec=2s\n")
    manager.run("systemctl", "daemon-reload")
    manager.run("systemctl", "restart", "procwire")
    before = manager.shown("MainPID")
    manager.run("kill", "-STOP", before)
    wait_for(lambda: manager.shown("NRestarts") != "0", what="the watchdog")
    wait_for(lambda: manager.shown("ActiveState") == "active", what="another daemon")
    assert manager.shown("MainPID") != before
    assert any("Watchdog timeout" in entry["MESSAGE"] for entry in journal(manager))


def test_stopped_it_has_said_its_last_words_and_leaves_nothing(manager: Manager) -> None:
    manager.run("rm", f"{UNIT}.d/watchdog.conf")
    manager.run("systemctl", "daemon-reload")
    manager.run("systemctl", "stop", "procwire")
    assert (manager.shown("ActiveState"), manager.shown("Result")) == ("inactive", "success")
    assert manager.shown("ExecMainStatus") in ("0", "4")
    assert "procwire.sock" not in manager.run("ls", "/run/procwire", check=False)
    said = [entry["MESSAGE"] for entry in journal(manager)]
    assert any(words.endswith("rows stored in /var/lib/procwire/history.db") for words in said)

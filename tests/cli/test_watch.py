"""``procwire watch`` as people run it: lines while it runs, groups at its end, and the live picture."""

from __future__ import annotations

import csv
import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import Host, Lab, wait_for, why_not

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": ""}
WATCH = (sys.executable, "-m", "procwire", "watch")
PICTURE = (*WATCH, "-i", "lo")  # what other namespaces of this machine say among themselves stands in none
PORT = 8099
BODY = 50_000
# A client and a server in one: one long connection, a request every 0.1 s, each with an answer of BODY bytes.
TALK = f"""
import socket, threading, time
server = socket.create_server(("127.0.0.1", {PORT}))
def serve():
    peer, _ = server.accept()
    while peer.recv(65536):
        peer.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: {BODY}\\r\\n\\r\\n" + bytes({BODY}))
threading.Thread(target=serve, daemon=True).start()
time.sleep(0)
client = socket.create_connection(("127.0.0.1", {PORT}))
open("/proc/self/comm", "w").write("talker")
while True:
    client.sendall(b"GET /x HTTP/1.1\\r\\nHost: shop.example\\r\\n\\r\\n")
    left = {BODY} + 1
    while left > 0:
        left -= len(client.recv(1 << 20))
    time.sleep(0.1)
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host that talks to itself over loopback; nothing on it ends before the lab does."""
    with Lab() as lab:
        host = lab.host("a")
        yield host


@pytest.fixture(scope="module")
def talking(host: Host) -> Iterator[int]:
    """The pid of the program that talks."""
    program = host.start(sys.executable, "-c", TALK)
    wait_for(lambda: host.listening(PORT), what="the talk")
    yield program.pid
    program.terminate()
    program.wait(60)


def watched(host: Host, *words: str) -> subprocess.CompletedProcess[str]:
    """One watch to its end."""
    return subprocess.run(
        host.words(*WATCH, *words), capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT
    )


def of(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """Its JSON lines, where it ended well."""
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.usefixtures("talking")
def test_lines_come_while_it_runs_and_it_ends_by_itself(host: Host) -> None:
    program = host.start(*WATCH, "--json", "--for", "4s", "--every", "300ms", stdout=subprocess.PIPE,
                         env=ENVIRONMENT)  # fmt: skip
    assert program.stdout is not None
    readable, _, _ = select.select([program.stdout], [], [], 60)
    assert readable
    first = json.loads(program.stdout.readline())
    assert program.poll() is None
    seen, started = time.monotonic(), time.monotonic()
    events = [first["event"]]
    for line in program.stdout:
        events.append(json.loads(line)["event"])
        if events[-1] == "update":
            seen = time.monotonic()
    assert program.wait(60) == 0
    assert events[0] == "open"
    assert events[-1] == "end"
    assert events.count("update") >= 2
    assert seen > started


def test_csv_has_a_header_with_the_event(host: Host, talking: int) -> None:
    done = watched(host, "--csv", "--for", "1500ms")
    assert done.returncode == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.stdout.startswith("event,flow_id,")
    assert [row["event"] for row in rows if row["dst_port"] == str(PORT)] == ["open", "end"]
    assert [row["pid"] for row in rows if row["dst_port"] == str(PORT)][-1] == str(talking)


@pytest.mark.parametrize(
    ("by", "group"),
    [("process", "talker"), ("remote", "127.0.0.1"), ("protocol", "http"), ("container", "(host)")],
)
@pytest.mark.usefixtures("talking")
def test_groups_come_once_at_the_end(host: Host, by: str, group: str) -> None:
    (line,) = of(watched(host, "--group", by, "--json", "--for", "1500ms", "--filter", f"port == {PORT}"))
    assert (line["group"], line["flows"]) == (group, 1)
    assert line["bytes"] == line["bytes_out"] + line["bytes_in"]
    assert max(line["bytes_out"], line["bytes_in"]) > BODY
    assert "event" not in line


@pytest.mark.usefixtures("talking")
def test_what_is_not_asked_for_is_not_done(host: Host) -> None:
    lines = of(
        watched(host, "--json", "--for", "1s", "--no-owners", "--no-protocols", "--filter", f"port == {PORT}")
    )
    assert [line["event"] for line in lines] == ["open", "end"]
    assert {line["app_confidence"] for line in lines} <= {"port-guess", "unknown"}
    assert not any("pid" in line or "server_name" in line for line in lines)
    assert of(watched(host, "-i", "lo", "--json", "--for", "1s", "--filter", "port == 9")) == []


@pytest.mark.usefixtures("talking")
@pytest.mark.parametrize("words", [("watch",), ()], ids=["watch", "bare"])
def test_without_a_terminal_lines_are_plain_and_headed(
    host: Host, tmp_path: Path, words: tuple[str, ...]
) -> None:
    seen, said = tmp_path / "seen", tmp_path / "said"
    with seen.open("wb") as output, said.open("wb") as errors:
        program = host.start(
            sys.executable, "-m", "procwire", *words, stdout=output, stderr=errors, env=ENVIRONMENT
        )
    wait_for(lambda: f" {PORT} " in seen.read_text(), what="the flow")
    program.send_signal(signal.SIGINT)
    assert program.wait(60) == 0
    assert "\x1b" not in seen.read_text() + said.read_text()
    heading, *lines = seen.read_text().splitlines()
    assert heading.split()[:3] == ["EVENT", "DURATION", "PROTO"]
    mine = [line.split() for line in lines if f" {PORT} " in line]
    assert [line[0] for line in mine] == ["open", "end"]
    assert "talker" in mine[-1]
    assert said.read_text().splitlines()[-1].startswith("procwire: ")


@pytest.mark.parametrize(
    "words", [("--every", "1s", "--table"), ("--every", "1s", "--group", "process", "--json")], ids=" ".join
)
def test_updates_where_nothing_could_show_them_are_refused(host: Host, words: tuple[str, ...]) -> None:
    done = watched(host, *words, "--for", "1s")
    assert done.returncode == 2
    assert "--every is for lines" in done.stderr


def test_an_interface_that_is_not_there_is_named_with_those_that_are(host: Host) -> None:
    done = watched(host, "-i", "nosuch")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "procwire: nosuch: no such interface; there are: lo\n"


@pytest.mark.parametrize(
    ("handling", "code"), [(signal.SIG_DFL, 0), (signal.SIG_IGN, None)], ids=["lost", "nohup"]
)
def test_a_lost_terminal_ends_it_in_order_but_not_under_nohup(
    host: Host, tmp_path: Path, handling: signal.Handlers, code: int | None
) -> None:
    said = tmp_path / "said"
    with said.open("wb") as errors:
        program = host.start(*WATCH, "--json", stderr=errors, env=ENVIRONMENT,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, handling))  # fmt: skip
    wait_for(lambda: "watching" in said.read_text(), what="the watch")
    program.send_signal(signal.SIGHUP)
    if code is None:
        with pytest.raises(subprocess.TimeoutExpired):
            program.wait(0.7)
        program.send_signal(signal.SIGTERM)
    assert program.wait(60) == 0
    assert "packets seen" in said.read_text().splitlines()[-1]


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_without_the_right_to_capture_it_says_how_to_get_it(host: Host) -> None:
    words = host.words("setpriv", "--bounding-set=-all", "--inh-caps=-all", *WATCH, "--for", "1s")
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60, env=ENVIRONMENT)
    assert (done.returncode, done.stdout) == (3, "")
    assert len(done.stderr.splitlines()) == 1
    assert "run as root" in done.stderr
    assert "cap_net_raw" in done.stderr


class Terminal:
    """A terminal of a given size, with a shell on it: the screen is what a person would see."""

    def __init__(self, width: int, height: int) -> None:
        self.server = f"procwire-test-{os.getpid()}-{width}"
        environment = {
            name: value for name, value in ENVIRONMENT.items() if name not in {"TMUX", "COLUMNS", "LINES"}
        }
        words = ["tmux", "-L", self.server, "-f", "/dev/null", "new-session", "-d"]
        words += ["-x", str(width), "-y", str(height), "env PS1='prompt> ' sh"]
        subprocess.run(words, check=True, timeout=60, env=environment | {"TERM": "screen"})

    def __enter__(self) -> Terminal:
        wait_for(lambda: "prompt>" in self.screen(), what="a prompt")
        return self

    def __exit__(self, *error: object) -> None:
        self.tmux("kill-server")

    def tmux(self, *words: str) -> str:
        """One command to this terminal's own server."""
        return subprocess.run(
            ["tmux", "-L", self.server, *words], capture_output=True, text=True, check=True, timeout=10
        ).stdout

    def screen(self) -> str:
        """What it shows."""
        return self.tmux("capture-pane", "-p")

    def state(self) -> tuple[str, ...]:
        """Whether the cursor is shown and whether it is on its second screen."""
        return tuple(self.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}").split())

    def type(self, line: str) -> None:
        """A line and Enter."""
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def picture(self, *words: str) -> list[str]:
        """The lines of one that has the talk with these words, and is whole; nothing before that."""
        lines = self.screen().rstrip().splitlines()
        whole = len(lines) > 2 and "dropped by the kernel" in lines[-1] and "procwire watch" not in lines[0]
        row = next((line for line in lines if "talker" in line), "")
        return lines if whole and row and all(word in row for word in words) else []

    def row(self, word: str) -> str:
        """The first line with a word on it, or nothing."""
        return next((line for line in self.screen().splitlines() if word in line), "")


needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")


@needs_tmux
@pytest.mark.parametrize("width", [140, 80])
def test_the_picture_is_true_and_leaves_the_terminal_as_it_was(host: Host, talking: int, width: int) -> None:
    with Terminal(width, 20) as terminal:
        terminal.type(" ".join(host.words(*PICTURE)))
        words = [" shop", "B/s"] if width > 100 else [" shop"]
        lines = wait_for(lambda: terminal.picture(*words), what="the flow in the picture")
        row = next(line for line in lines if "talker" in line).split()
        assert {"tcp", "127.0.0.1", str(PORT), "http", "talker"} <= set(row)
        assert (str(talking) in row) or width == 80
        assert "PROCESS" in lines[0]
        assert " 0 dropped by the kernel" in lines[-1]
        assert lines[-1].startswith("1 flow open, 1 in all")
        assert terminal.state()[1] == "1"
        terminal.tmux("send-keys", "C-c")
        wait_for(lambda: terminal.state() == ("1", "0"), what="the first screen")
        wait_for(lambda: "packets seen" in terminal.screen(), what="the last words")
        terminal.type("echo it-$((40+2))-works")
        wait_for(lambda: "it-42-works" in terminal.screen(), what="a prompt that works")
        left = terminal.screen()
    assert "talker" in left
    footer = next(line for line in left.splitlines() if line.startswith("1 flow in all, "))
    packets = footer.split(" packets")[0].rsplit(" ", 1)[1]
    assert f"procwire: {packets} packets seen, 0 dropped by the kernel, 1 flows" in left


@needs_tmux
@pytest.mark.usefixtures("talking")
def test_a_picture_follows_the_width_of_the_terminal(host: Host) -> None:
    with Terminal(150, 12) as terminal:
        terminal.type(" ".join(host.words(*PICTURE)))
        wait_for(lambda: "RTT" in terminal.screen() and terminal.row("talker"), what="a wide picture")
        terminal.tmux("resize-window", "-x", "70")
        lines = wait_for(
            lambda: [] if "RTT" in terminal.screen() else terminal.picture(), what="a narrow picture"
        )
        assert len(lines) == 3
        assert sum("PROCESS" in line for line in lines) == 1


@needs_tmux
@pytest.mark.usefixtures("talking")
def test_a_picture_of_groups(host: Host) -> None:
    with Terminal(120, 12) as terminal:
        terminal.type(" ".join(host.words(*PICTURE, "--group", "process")))
        heading, row, *_ = wait_for(lambda: terminal.picture("B/s"), what="the group")
        assert heading.split()[:3] == ["GROUP", "CONFIDENCE", "FLOWS"]
        assert row.split()[:3] == ["talker", "exact", "1"]

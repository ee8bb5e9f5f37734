"""The real ``procwire top`` on a terminal, in a namespace of its own: what its screen says must be true."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.program import HTTP, environment
from tests.lab import Host, Lab, pair, wait_for, why_not

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.timeout(400),  # see PATIENCE
    pytest.mark.skipif(why_not() != "", reason=why_not() or "-"),
]
REQUESTS = 7
PATIENCE = 90  # seconds: two processes start, on a machine that may have much else to do
_numbers = itertools.count(1)
BODY = 50_000


def _ended(text: str) -> bool:
    return re.search(r"^CODE \d", text, re.MULTILINE) is not None


class Tmux:
    """A terminal of a given size, on a server of its own."""

    def __init__(self, words: list[str], size: tuple[int, int], folder: Path) -> None:
        assert shutil.which("tmux"), "needs tmux: tools/packages.sh"
        self._name = f"procwire{os.getpid()}-{next(_numbers)}"
        variables = environment() | {"XDG_CONFIG_HOME": str(folder), "TERM": "xterm-256color"}
        width, height = map(str, size)
        self._run("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height,
                  f"{shlex.join(words)}; echo CODE $?; sleep 300", variables=variables)  # fmt: skip

    def _run(self, *words: str, variables: dict[str, str] | None = None) -> str:
        return subprocess.run(
            ["tmux", "-L", self._name, *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env=variables,
        ).stdout

    def press(self, *keys: str) -> None:
        for key in keys:
            self._run("send-keys", key)

    def text(self) -> str:
        return self._run("capture-pane", "-p")

    def shows(self, pattern: str) -> str:
        """The screen, once it shows that; what it shows instead is in the error."""
        try:
            found = wait_for(
                lambda: (text := self.text()) and (re.search(pattern, text) or _ended(text)) and text,
                seconds=PATIENCE,
                what=pattern,
            )
        except TimeoutError as error:
            raise AssertionError(f"{error}: {self.text()}") from None
        assert isinstance(found, str)
        assert re.search(pattern, found), f"it ended before it showed {pattern}: {found}"
        return found

    def close(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):  # it is gone where the test waited too long
            self._run("kill-server")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Host, Host]]:
    folder = tmp_path_factory.mktemp("www")
    (folder / "body").write_bytes(b"x" * BODY)
    with pair() as (made, left, right):
        right.start(sys.executable, "-m", "http.server", "8000", "--directory", str(folder))
        wait_for(lambda: right.listening(8000))
        yield made, left, right


def program(*words: str) -> list[str]:
    return [sys.executable, "-m", "procwire", "top", *words]


def test_live_numbers_are_those_of_the_traffic(lab: tuple[Lab, Host, Host], tmp_path: Path) -> None:
    _, left, _ = lab
    screen = Tmux(left.words(*program("-i", "eth0")), (140, 40), tmp_path)
    try:
        screen.shows("nothing lost")
        for _ in range(REQUESTS):
            left.run("curl", "-s", "-o", "/dev/null", "http://10.77.0.2:8000/body")
        screen.press("2", "/")
        screen.shows("tab completes, esc leaves")
        screen.press("process == curl and dst_port == 8000", "Enter")
        text = screen.shows(rf"\n {REQUESTS} flows .*process == curl")
        rows = [line for line in text.splitlines() if re.match(r".{3}curl ", line)]
        assert len(rows) == REQUESTS
        screen.shows(
            rf"(?s)(51|52) kB(.*(51|52) kB){{{REQUESTS - 1}}}"
        )  # the body, heads and headers of frames
        assert all(" http " in row and "10.77.0.2" in row for row in rows)
        screen.press("Enter")
        text = screen.shows("owner_confidence +exact")
        assert re.search(r"exe +\S*/curl", text)
        assert re.search(r"curl -s -o /dev/null http://10.77.0.2:8000/body", text)
        screen.press("C-q")
        assert "0 dropped by the kernel" in screen.shows("CODE 0")
    finally:
        screen.close()


SERVER = """
import socketserver
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(b"answer to " + line)
socketserver.ThreadingTCPServer(("0.0.0.0", 9000), Answer).serve_forever()
"""


def test_a_conversation_is_followed_while_it_goes_on(lab: tuple[Lab, Host, Host], tmp_path: Path) -> None:
    _, left, right = lab
    right.start(sys.executable, "-c", SERVER)
    wait_for(lambda: right.listening(9000))
    screen = Tmux(left.words(*program("-i", "eth0")), (120, 40), tmp_path)
    talk = left.socket()
    try:
        screen.shows("nothing lost")
        talk.connect(("10.77.0.2", 9000))
        talk.sendall(b"early words\n")
        screen.press("2", "/")
        screen.shows("tab completes, esc leaves")
        screen.press("dst_port == 9000", "Enter")
        screen.shows(r"\n 1 flow .*dst_port == 9000")
        screen.press("Enter")
        screen.shows("round trip +[0-9].*middle")
        screen.press("F")
        screen.shows("heard from here on")

        def heard() -> bool:
            talk.sendall(b"question\n")  # said again until who hears is there
            return "answer to question" in screen.text()

        wait_for(heard, seconds=PATIENCE, what="the conversation")
        screen.press("g")
        screen.shows("(?s)first bytes read: .*early words.*answer to early words")  # it was read before
        talk.close()
        screen.press("q", "q", "/", "C-u")
        screen.shows("tab completes, esc leaves")
        screen.press("dst_port == 8000", "Enter")
        left.run("curl", "-s", "-o", "/dev/null", "http://10.77.0.2:8000/body")
        screen.shows(r"(?m)^.x. *curl")
        screen.press("Enter")
        screen.shows("owner_confidence +exact")
        screen.press("F")
        text = screen.shows("(?s)first bytes read: .*HTTP/1.0 200 OK")  # and is over
        assert "GET /body HTTP/1.1" in text
        screen.press("C-q")
        screen.shows("CODE 0")
    finally:
        talk.close()
        screen.close()


def test_packets_are_seen_as_they_pass_and_written(lab: tuple[Lab, Host, Host], tmp_path: Path) -> None:
    _, left, _ = lab
    words = ["env", "-C", str(tmp_path), *program("-i", "eth0")]
    screen = Tmux(left.words(*words), (120, 40), tmp_path)
    try:
        screen.shows("nothing lost")
        screen.press("5")
        screen.shows(r"no packet yet|[1-9]\d* packets? +by")  # a new namespace asks for routers when it likes
        left.run("curl", "-s", "-o", "/dev/null", "http://10.77.0.2:8000/body")
        text = screen.shows("FIN,ACK")
        # Ports go where there is no room for them beside an IPv6 address.
        assert re.search(r"10\.77\.0\.1 +(\d+ +)?10\.77\.0\.2 +(8000 +)?tcp", text)
        screen.press("m", "W")
        screen.shows(r"1 packets? in /")
        (written,) = tmp_path.glob("procwire-*.pcapng")
        assert "Packets   1," in left.run(sys.executable, "-m", "procwire", "read", str(written), "--summary")
        screen.press("C-q")
        screen.shows("CODE 0")
    finally:
        screen.close()


def test_a_network_is_shaped_from_its_screen_and_put_back(
    lab: tuple[Lab, Host, Host], tmp_path: Path
) -> None:
    _, left, _ = lab
    screen = Tmux(left.words(*program("-i", "eth0")), (120, 40), tmp_path)
    try:
        screen.shows("nothing lost")
        screen.press("0")
        screen.shows("nothing is shaped|impairment")
        screen.press("s")
        screen.shows("make a network bad")
        screen.press("Enter")
        screen.shows("whose network")
        screen.press("eth0", "Enter")
        screen.shows("target +eth0")
        screen.press("j", "j", "j", "j", "j", *["l"] * 8, "a")  # the eighth stop of rate
        said = re.search(r"shaped eth0 \((\w+)\)", screen.shows(r"shaped eth0 \("))
        assert said is not None
        screen.press("/")
        screen.shows("tab completes, esc leaves")
        screen.press(f'id == "{said[1]}"', "Enter")  # others of this machine are nobody's business here
        screen.shows("rate +asked for 5mbit/s")
        assert "rate 5Mbit" in left.run("tc", "qdisc", "show", "dev", "eth0")
        left.run("curl", "-s", "-o", "/dev/null", "http://10.77.0.2:8000/body")
        screen.shows(r"0.00%: 0 of [1-9]\d* packets")
        screen.press("C")
        screen.shows("kept eth0")
        screen.press("x")
        screen.shows("put back eth0")
        assert "tbf" not in left.run("tc", "qdisc", "show", "dev", "eth0")
        screen.press("C-q")
        screen.shows("CODE 0")
    finally:
        screen.close()


def test_a_recording_at_the_smallest_size(tmp_path: Path) -> None:
    screen = Tmux(program(str(HTTP)), (80, 24), tmp_path)
    try:
        screen.shows("nothing lost")
        screen.press("2")
        assert "123 packets" in screen.shows("11 flows")
        screen.press("Enter")
        screen.shows("what happened|owner_confidence")
        screen.press("F")
        screen.shows("GET / HTTP/1.1")
        screen.press("C-q")
        screen.shows("CODE 0")
    finally:
        screen.close()

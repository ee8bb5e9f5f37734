"""``procwire shape scenario``."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from xml.etree import ElementTree

import pytest

from procwire.cli.main import main
from tests.cli.program import run
from tests.shaping.lab.place import asking, echo, needs_lab

Capsys = pytest.CaptureFixture[str]
TEXT = """name = "bend"
[[track.step]]
for = "1s"
rtt = "10ms"
[[track.step]]
for = "1s"
ramp = "linear"
rtt = "40ms"
[[check]]
rtt = ">9ms"
loss = "<1%"
[[check]]
rtt = ">500ms"
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "bend.toml"
    path.write_text(TEXT.replace("[[track.step]]", "[[track]]\n[[track.step]]", 1))
    return path


def test_check_and_draw(scenario: Path, capsys: Capsys) -> None:
    assert main(["shape", "scenario", "check", str(scenario)]) == 0
    assert "1 tracks, 2 steps, 2s: right" in capsys.readouterr().out
    assert main(["shape", "scenario", "run", "--dry-run", "--target", "eth0", str(scenario)]) == 0
    drawn = capsys.readouterr().out
    assert "eth0" in drawn
    assert "linear to each way delay 20ms" in drawn


def test_a_wrong_line_is_told(scenario: Path, capsys: Capsys) -> None:
    scenario.write_text(scenario.read_text().replace('"40ms"', '"40"'))
    assert main(["shape", "scenario", "check", str(scenario)]) == 1
    assert f"{scenario}:9: rtt" in capsys.readouterr().err


CHAT = """
import time
end = time.monotonic() + 2.3
while time.monotonic() < end:
    asking.sendto(b"x", (host, port))
    asking.recv(100)
    time.sleep(.02)
"""


@needs_lab
def test_a_command_on_a_network_that_changes(scenario: Path, tmp_path: Path) -> None:
    out, xml = tmp_path / "out.json", tmp_path / "out.xml"
    with echo(socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "0.0.0.0") as port:
        words = asking("host", port, 1)
        words[2] += CHAT
        done = run(
            "shape", "run", "--scenario", str(scenario), "--scenario-report", str(out),
            "--junit", str(xml), "--", *words,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    told = json.loads(out.read_text())
    assert told["state"] == "finished"
    assert [(check["wanted"], check["passed"]) for check in told["checks"]] == [
        ("<1%", True), (">9ms", True), (">500ms", False),
    ]  # fmt: skip
    assert len(ElementTree.fromstring(xml.read_text())) == 4
    assert done.stderr.count(b"FAILED") == 1


def test_orders_to_nobody(capsys: Capsys) -> None:
    assert main(["shape", "scenario", "stop", "no-such-scenario"]) == 1
    assert "no-such-scenario" in capsys.readouterr().err

"""Recording as people run it: a watch in a lab, a signal, an incident on the disk; words that are refused."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.cli.main import main, parser
from procwire.cli.recording import wishes_of
from procwire.cli.settling import parse
from procwire.engine.options import EngineError
from procwire.recorder.incident import FLOWS, HEAD, PACKETS
from procwire.recorder.wishes import Track
from tests.lab import Host, Lab, wait_for, why_not

SOURCE = Path(__file__).parents[2] / "src"
ENVIRONMENT = os.environ | {"PYTHONPATH": str(SOURCE)}
TALK = """
import socket, sys, threading
server = socket.create_server(("127.0.0.1", 8098))
answer = b"HTTP/1.1 204 No\\r\\n\\r\\n"
threading.Thread(target=lambda: server.accept()[0].sendall(answer), daemon=True).start()
client = socket.create_connection(("127.0.0.1", 8098))
client.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
client.recv(100)
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """A host with loopback alone."""
    with Lab() as lab:
        yield lab.host("a")


def test_a_daemon_records_as_it_is_configured(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[recorder]\nrecord = ["10m,1GB", "lo:headers"]\nafter = "1s"\n')
    arguments = parse(parser("daemon"), ["--config", str(config), "daemon"])
    wishes = wishes_of(arguments)
    assert [type(ring) for ring in wishes.record] == [Track, Track]
    assert (wishes.record[1].interface, wishes.after_ns) == ("lo", 10**9)
    assert wishes_of(parse(parser("watch"), ["--config", str(config), "watch"])).record == ()
    arguments.record = ["five minutes"]
    with pytest.raises(EngineError, match=r"recorder\.record: 'five minutes' is no time span"):
        wishes_of(arguments)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--record", "soon"], "soon"),
        (["--freeze-on", "high"], "go with --record"),
        (["--record", "--freeze-on", "sky"], "is called 'sky'"),
        (["--record", "--freeze-on", "high", "--no-findings"], "--no-findings"),
        (["--record", "--record-only", "procss == x"], "procss"),
        (["--write-only", "process == x"], "go with --write"),
        (["--log-rotate", "1h"], "goes with --log-events"),
        (["--log-events", "/nowhere/x"], "/nowhere/x"),
        (["--write", "/tmp/x", "--write-rotate", "soon"], "soon"),
        (["--write", "/tmp/x", "--write-only", "procss == x"], "procss"),
    ],
)
def test_words_that_mean_nothing(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["watch", *words])
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code == (1 if "/nowhere/x" in words else 2)
    assert said in capsys.readouterr().err


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_signal_freezes_what_a_confined_watch_saw(host: Host, tmp_path: Path) -> None:
    place = tmp_path / "incidents"
    watch = [sys.executable, "-m", "procwire", "watch", "--json", "--record", "1m", "--after", "10ms"]
    program = host.start(
        *watch, "--incidents", str(place), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert program.stderr is not None
    said = program.stderr.readline()
    assert b"watching" in said
    talk = host.start(sys.executable, "-c", TALK, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert talk.stdout is not None
    assert talk.stdout.readline() == b"\n"
    program.send_signal(signal.SIGUSR1)
    head = wait_for(lambda: [*place.glob(f"*/{HEAD}")], what="the incident")[0]
    wait_for(lambda: json.loads(head.read_bytes())["state"] == "frozen", what="its end")
    program.send_signal(signal.SIGTERM)
    told = program.communicate()[1].decode()
    talk.communicate()
    assert program.returncode == 0, told
    assert f"incident {head.parent.name}:" in told
    assert json.loads(head.read_bytes())["packets"] > 5
    flows = [json.loads(line) for line in (head.parent / FLOWS).read_bytes().splitlines()]
    assert "python" in next(flow["process"] for flow in flows if flow["dst_port"] == 8098)
    assert (head.parent / PACKETS).stat().st_mode & 0o777 == 0o600


@pytest.mark.kernel
@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_confined_watch_writes_files_in_turn_and_only_what_is_wanted(host: Host, tmp_path: Path) -> None:
    place = tmp_path / "x.pcap"
    watch = [
        sys.executable,
        "-m",
        "procwire",
        "watch",
        "--json",
        "--write",
        str(place),
        "--write-rotate",
        "6p",
    ]
    log = tmp_path / "events.jsonl"
    watch += ["--log-events", str(log), "--json-shape", "ecs"]
    only = ["--write-keep", "3", "--write-only", "dst_port == 8098"]
    program = host.start(*watch, *only, env=ENVIRONMENT, stderr=subprocess.PIPE)
    assert program.stderr is not None
    assert b"watching" in program.stderr.readline()
    talk = host.start(sys.executable, "-c", TALK, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert talk.stdout is not None
    talk.stdout.readline()
    talk.communicate()
    host.run("ping", "-c", "1", "127.0.0.1")
    program.send_signal(signal.SIGTERM)
    told = program.communicate()[1].decode()
    assert program.returncode == 0, told
    found = [main(["read", str(tmp_path / f"x.00{number}.pcap"), "--json"]) for number in (1, 2, 3)]
    assert found == [0, 0, 0]
    (line,) = Path(f"{place}.connections.jsonl").read_bytes().splitlines()
    assert json.loads(line)["remote_addr"] == "127.0.0.1:8098"
    events = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert {event["ecs"]["version"] for event in events} == {"8.11.0"}
    assert {"procwire.flow", "procwire.http"} <= {event["event"]["dataset"] for event in events}

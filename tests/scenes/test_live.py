"""What is seen live is what its recording says: the same flows and observations, whoever looks and when."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from procwire.engine.api import WatchOptions
from procwire.flows import states
from tests.lab import need, pair, why_not
from tests.scenes import talk
from tests.scenes.lines import HOST_ONLY, Line, scribe_of
from tests.scenes.watched import Watch, watch
from tests.vectors.scene import Scene

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
MISSING = need("nginx", "curl", "dnsmasq", "dig", "openssl")
# A file has no place for how many wire packets a joined one stands for.
LIVE_ONLY = HOST_ONLY | {"segments_out", "segments_in"}


def kept(lines: list[Line]) -> list[Line]:
    found = [{name: value for name, value in line.items() if name not in LIVE_ONLY} for line in lines]
    return sorted(found, key=lambda line: (line.get("start", ""), line.get("time", ""), line.get("flow_id", "")))


def conversations(scene: Scene) -> None:
    """HTTP, DNS, TLS and UDP of real programs, over both IP versions."""
    talk.dig(scene, "A")
    talk.dig(scene, "AAAA", "+tcp")
    talk.curl(scene, f"http://{talk.NAME}/")
    talk.curl(scene, f"http://{talk.NAME}/large.bin")
    talk.curl(scene, "-g", f"http://[{talk.SERVER6}]/missing")
    talk.hello(scene, "-tls1_2")
    talk.hello(scene, "-tls1_3", name="other.example")
    with scene.client.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        talk.exchange(client, (talk.SERVER, 7777), [b"a" * 10, b"b" * 4000, b"c"])


def check_same(live: Watch, target: Path) -> None:
    read = scribe_of(target)
    flows = [line for line in read.lines if line["table"] == "flow"]
    seen = [line for line in read.lines if line["table"] != "flow"]
    ours, theirs = kept(live.audience.lines()), kept(flows)
    for mine, other in zip(ours, theirs, strict=False):
        assert mine == other
    assert len(ours) == len(theirs)
    assert kept(live.audience.seen) == kept(seen)


@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
@pytest.mark.parametrize("side", ["client", "server"])
def test_a_recording_says_what_was_seen_live(tmp_path: Path, side: str) -> None:
    target = tmp_path / "seen.pcapng"
    with pair() as (lab, client, server):
        scene = talk.scene_of(lab, client, server, tmp_path)
        talk.nginx(scene)
        talk.dnsmasq(scene)
        talk.tls(scene)
        talk.echo(server, "0.0.0.0", 7777)
        with watch(client if side == "client" else server, WatchOptions(write=str(target))) as live:
            conversations(scene)
    check_same(live, target)
    flows = live.audience.flows()
    spoken = {(flow.app, flow.server_name) for flow in flows}
    assert {("http", talk.NAME), ("tls", talk.NAME), ("tls", "other.example")} <= spoken
    assert {flow.dport for flow in flows if flow.app == "dns"} == {53}
    assert {states.name(flow.state) for flow in flows if flow.app in {"http", "tls"}} <= {"closed", "reset"}


@pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
def test_on_loopback_too(tmp_path: Path) -> None:
    target = tmp_path / "seen.pcapng"
    with pair() as (lab, _, server):
        scene = talk.scene_of(lab, server, server, tmp_path)
        talk.nginx(scene)
        talk.echo(server, "::1", 7778)
        with watch(server, WatchOptions(write=str(target))) as live:
            for host in ("127.0.0.1", "[::1]", talk.SERVER):
                talk.curl(scene, "-g", f"http://{host}/large.bin")
            with server.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
                talk.exchange(client, ("::1", 7778), [b"a" * 60_000])
    check_same(live, target)
    lines = [line for line in live.audience.lines() if line["proto"] in {"tcp", "udp"}]
    assert {(line["interface"], line["direction"], line["elsewhere"]) for line in lines} == {
        ("lo", "local", 0)
    }
    assert len(lines) == 4

"""A flow to an address that a DNS answer has just named bears that name, until it says a name of its own."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from procwire.engine.api import WatchOptions
from procwire.model.flow import Flow
from tests.lab import need, pair, why_not
from tests.scenes import talk
from tests.scenes.lines import scribe_of
from tests.scenes.watched import watch
from tests.vectors.scene import Scene

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(bool(need("dnsmasq", "dig")), reason="needs dnsmasq and dig"),
]


def name_of(flow: Flow) -> tuple[str, str]:
    return flow.server_name, flow.server_name_source


def say(scene: Scene, port: int) -> None:
    with scene.client.socket(kind=socket.SOCK_DGRAM) as client:
        client.connect((talk.SERVER, port))
        client.send(b"\xff" * 20)


def test_answers_name_later_flows_and_only_those(tmp_path: Path) -> None:
    target = tmp_path / "names.pcapng"
    with pair() as (lab, client, server):
        scene = talk.scene_of(lab, client, server, tmp_path)
        talk.dnsmasq(scene)
        with watch(client, WatchOptions(owners=False, write=str(target))) as live:
            say(scene, 7200)
            assert talk.dig(scene, "A").split() == [talk.SERVER]
            say(scene, 7201)
            talk.dig(scene, "A")  # a later answer does not make the flow before it nameless
            say(scene, 7202)
    for flows in (live.audience.flows(), scribe_of(target).flows):
        by_port = {flow.dport: flow for flow in flows if flow.dport != 53}
        answers = [flow.last for flow in flows if flow.dport == 53]
        assert name_of(by_port[7200]) == ("", "")
        assert "name_age" not in by_port[7200].facts
        for port, answered in zip((7201, 7202), answers, strict=True):
            assert name_of(by_port[port]) == (talk.NAME, "dns-answer")
            assert by_port[port].facts["name_age"] == by_port[port].first - answered


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_what_the_flow_says_itself_wins(tmp_path: Path) -> None:
    target = tmp_path / "names.pcapng"
    with pair() as (lab, client, server):
        scene = talk.scene_of(lab, client, server, tmp_path)
        talk.dnsmasq(scene)
        talk.nginx(scene)
        talk.tls(scene)
        with watch(server, WatchOptions(owners=False, write=str(target))) as live:
            talk.dig(scene, "A")
            talk.hello(scene, name="sni.example")
            talk.curl(scene, "-H", "Host: host.example", f"http://{talk.SERVER}/")
    for flows in (live.audience.flows(), scribe_of(target).flows):
        names = {flow.app: name_of(flow) for flow in flows}
        assert names["tls"] == ("sni.example", "sni")
        assert names["http"] == ("host.example", "http-host")
        assert not [flow for flow in flows if flow.app in {"tls", "http"} and "name_age" in flow.facts]

"""DNS that is encrypted, by real programs: over TLS, HTTP/2 and HTTP/1.1, with the client's keys."""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.lab import need, why_not
from tests.scenes.command import read_lines
from tests.vectors.scene import SERVER, Scene, recorded

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(
        bool(need("unbound", "dnsdist", "kdig", "curl", "tcpdump")),
        reason="needs unbound, dnsdist, kdig, curl, tcpdump",
    ),
]

CONFIGURATION = """
server:
  interface: {server}@443
  interface: {server}@853
  https-port: 443
  tls-port: 853
  tls-service-key: "{key}"
  tls-service-pem: "{certificate}"
  access-control: 0.0.0.0/0 allow
  do-daemonize: no
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: "{folder}/unbound.pid"
  use-syslog: no
  module-config: "iterator"
  local-zone: "example." static
  local-data: "www.example. 60 IN A {server}"
remote-control:
  control-enable: no
"""
# dnsdist's DoH speaks HTTP/1.1 too; unbound's does not.
FRONT = """
addDOHLocal("{server}:8443", "{certificate}", "{key}", "/dns-query")
newServer("127.0.0.1:5300")
addAction("www.example.", SpoofAction("{server}"))
"""
QUERY = bytes.fromhex("00000100000100000000000003777777076578616d706c650000010001")
QUESTIONS = (("+tls",), ("+https",), ("+https-get",))


def over_http1(scene: Scene, certificate: str, key: str) -> list[tuple[str, ...]]:
    """Start dnsdist; the calls that ask it in a GET's target, in a POST's body, and in chunks."""
    (scene.folder / "front").write_text(FRONT.format(server=SERVER, certificate=certificate, key=key))
    scene.serve(8443, "dnsdist", "--supervised", "--disable-syslog", "-C", str(scene.folder / "front"))
    (scene.folder / "query").write_bytes(QUERY)
    doh = f"https://{SERVER}:8443/dns-query"
    base = ("curl", "-sk", "--http1.1", "--max-time", "5", "-o", "/dev/null")
    post = (*base, "-H", "Content-Type: application/dns-message", "--data-binary", f"@{scene.folder}/query")
    target = urlsafe_b64encode(QUERY).decode().rstrip("=")
    return [(*base, f"{doh}?dns={target}"), (*post, doh), (*post, "-H", "Transfer-Encoding: chunked", doh)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("names")
    capture, keys = folder / "capture.pcap", folder / "keys"
    environment = os.environ | {"SSLKEYLOGFILE": str(keys)}
    with recorded(capture, "tcp") as scene:
        certificate, key = scene.certificate()
        configuration = scene.folder / "unbound.conf"
        configuration.write_text(
            CONFIGURATION.format(folder=scene.folder, certificate=certificate, key=key, server=SERVER)
        )
        scene.serve(443, "unbound", "-d", "-c", str(configuration))
        calls: list[tuple[str, ...]] = [
            ("kdig", f"@{SERVER}", *words, "+retry=0", "www.example.", "A") for words in QUESTIONS
        ]
        doh = f"https://{SERVER}/dns-query"
        calls.append(
            ("curl", "-sk", "--doh-insecure", "--doh-url", doh, "--max-time", "5", "http://www.example/")
        )
        calls += over_http1(scene, certificate, key)
        for words in calls:
            scene.client.start(*words, env=environment).wait(60)
    return capture, keys


def test_each_is_named_by_what_is_inside(made: tuple[Path, Path]) -> None:
    capture, keys = made
    flows = [flow for flow in read_lines(capture, "--keylog", str(keys)) if flow["dst_port"] in {443, 853}]
    assert [(flow["app"], flow["via"]) for flow in flows[:4]] == [("dns", "tls"), *[("http2", "tls")] * 3]
    assert "http2" in {flow["app"] for flow in flows[3:]}
    front = [flow for flow in read_lines(capture, "--keylog", str(keys)) if flow["dst_port"] == 8443]
    assert [(flow["app"], flow["via"]) for flow in front] == [("http", "tls")] * 3


def test_questions_and_answers_stand_in_the_dns_table(
    made: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    capture, keys = made
    assert main(["read", str(capture), "--keylog", str(keys), "--json", "--observations"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    answers = [row for row in rows if row.get("message") == "response" and row.get("query_type") == "A"]
    assert len(answers) >= 4
    assert {row["query"] for row in answers} == {"www.example"}
    assert {tuple(row["addresses"]) for row in answers} == {(SERVER,)}
    at_dnsdist = [row for row in answers if row["dst_port"] == 8443]
    assert [row["latency"] > 0 for row in at_dnsdist] == [True] * 3

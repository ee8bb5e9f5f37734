"""DNS that is encrypted, by real programs: over TLS and over HTTPS, with the keys that the client wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from procwire.cli.main import main
from tests.lab import need, why_not
from tests.scenes.command import read_lines
from tests.vectors.scene import SERVER, recorded

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(
        bool(need("unbound", "kdig", "curl", "tcpdump")), reason="needs unbound, kdig, curl, tcpdump"
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
QUESTIONS = (("+tls",), ("+https",), ("+https-get",))


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
        for words in calls:
            scene.client.start(*words, env=environment).wait(15)
    return capture, keys


def test_each_is_named_by_what_is_inside(made: tuple[Path, Path]) -> None:
    capture, keys = made
    flows = [flow for flow in read_lines(capture, "--keylog", str(keys)) if flow["dst_port"] in {443, 853}]
    assert [(flow["app"], flow["via"]) for flow in flows[:4]] == [("dns", "tls"), *[("http2", "tls")] * 3]
    assert "http2" in {flow["app"] for flow in flows[3:]}


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

"""Real programs over TLS, read with the keys that curl wrote; tshark with the same keys is the witness."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from procwire.cli.main import main
from tests.lab import need, why_not
from tests.scenes.command import Command, read_lines
from tests.vectors.scene import SERVER, Scene, recorded

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(
        bool(need("nginx", "curl", "tshark", "tcpdump")), reason="needs nginx, curl, tshark, tcpdump"
    ),
]

CONFIGURATION = """
daemon off; pid {folder}/nginx.pid; error_log /dev/null; worker_processes 1; user root;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 443 ssl http2; server_name www.example.com; root {folder}/www;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ALL;
  }}
}}
"""
PAGE = b"said inside " * 4000
CALLS = (
    ("/one", "--http1.1", "--tls-max", "1.2"),
    ("/two", "--http1.1"),
    ("/three", "--http2"),
    ("/four", "--http1.1", "--tls-max", "1.2", "--ciphers", "AES128-SHA"),
)


class Recording(NamedTuple):
    """A capture and its keys."""

    capture: Path
    keys: Path
    live: list[dict[str, object]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("keyed")
    capture, keys = folder / "capture.pcap", folder / "keys"
    with recorded(capture) as scene:
        watching = Command(scene.client, folder, "-i", "eth0", "--keylog", str(keys))
        _browse(scene, keys)
        watching.end()
        live = watching.lines()
    return Recording(capture, keys, live)


def _browse(scene: Scene, keys: Path) -> None:
    certificate, key = scene.certificate(key="rsa")
    www = scene.folder / "www"
    www.mkdir()
    for path, *_ in CALLS:
        (www / path[1:]).write_bytes(PAGE)
    configuration = scene.folder / "nginx.conf"
    configuration.write_text(CONFIGURATION.format(folder=scene.folder, certificate=certificate, key=key))
    scene.serve(443, "nginx", "-p", str(scene.folder), "-c", str(configuration))
    for path, *words in CALLS:
        call = scene.client.start(
            "curl", "-sk", "-o", "/dev/null", "--max-time", "10", *words,
            "--resolve", f"www.example.com:443:{SERVER}", f"https://www.example.com{path}",
            env=os.environ | {"SSLKEYLOGFILE": str(keys)},
        )  # fmt: skip
        assert call.wait(60) == 0


def test_what_is_inside_is_named(made: Recording) -> None:
    flows = read_lines(made.capture, "--keylog", str(made.keys))
    assert sorted((flow["app"], flow["via"]) for flow in flows) == [
        ("http", "tls"), ("http", "tls"), ("http", "tls"), ("http2", "tls")
    ]  # fmt: skip
    assert {flow["server_name"] for flow in flows} == {"www.example.com"}


def test_live_it_is_the_same(made: Recording) -> None:
    ends = [line for line in made.live if line["event"] == "end" and line.get("dst_port") == 443]
    assert sorted(str(line["app"]) for line in ends) == ["http", "http", "http", "http2"]


def test_tshark_with_the_same_keys_sees_the_same_bytes(
    made: Recording, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for number, (_, version, *_) in enumerate(CALLS):
        said = [followed(made, number, side, capfdbinary) for side in ("out", "in")]
        assert PAGE in said[1] or version == "--http2"
        assert sorted(said) == sorted(followed_by_tshark(made, number))


def followed(made: Recording, number: int, side: str, captured: pytest.CaptureFixture[bytes]) -> bytes:
    words = ["follow", str(number + 1), "--file", str(made.capture), "--keylog", str(made.keys)]
    assert main([*words, "--raw", "--direction", side]) == 0
    return captured.readouterr().out


def followed_by_tshark(made: Recording, number: int) -> list[bytes]:
    """What each end said in a stream: rows of hex, those of the second to speak indented."""
    done = subprocess.run(
        ["tshark", "-n", "-q", "-r", str(made.capture), "-o", f"tls.keylog_file:{made.keys}",
         "-z", f"follow,tls,raw,{number}"],
        capture_output=True, check=True, timeout=60, text=True,
    )  # fmt: skip
    _, _, rows = done.stdout.partition("Node 1:")
    rows = rows.partition("\n")[2].partition("=====")[0]
    first = b"".join(bytes.fromhex(row) for row in rows.splitlines() if row[:1] != "\t")
    second = b"".join(bytes.fromhex(row.strip()) for row in rows.splitlines() if row[:1] == "\t")
    return [first, second]


def test_without_keys_it_stays_tls(made: Recording) -> None:
    flows = read_lines(made.capture)
    assert {flow["app"] for flow in flows} == {"tls"}
    assert all("via" not in flow for flow in flows)

"""HTTP/2 by a real Chromium, decrypted with its keys, and the same bytes as tshark's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.lab import need, why_not
from tests.scenes.command import read_lines
from tests.scenes.test_decryption import CONFIGURATION, PAGE, Recording, followed, followed_by_tshark
from tests.vectors.scene import SERVER, recorded

# Chromium is 400 MB with what it needs: it is used where it is, and not asked for.
MISSING = need("chromium", "nginx", "tshark", "tcpdump")
pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
    pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("chromium")
    capture, keys = folder / "capture.pcap", folder / "keys"
    with recorded(capture, "tcp port 443") as scene:
        certificate, key = scene.certificate()
        www = scene.folder / "www"
        www.mkdir()
        (www / "page.html").write_bytes(b"<script src=/more.js></script>" + PAGE)
        (www / "more.js").write_bytes(b"// more\n")
        configuration = scene.folder / "nginx.conf"
        configuration.write_text(CONFIGURATION.format(folder=scene.folder, certificate=certificate, key=key))
        scene.serve(443, "nginx", "-p", str(scene.folder), "-c", str(configuration))
        browser = scene.client.start(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--no-first-run", "--disable-component-update", "--disable-quic", "--ignore-certificate-errors",
            f"--user-data-dir={folder}/profile", "--dump-dom",
            f"--host-resolver-rules=MAP www.example.com {SERVER}, MAP * ~NOTFOUND",
            "https://www.example.com/page.html",
            env=os.environ | {"SSLKEYLOGFILE": str(keys), "HOME": str(folder)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            browser.wait(60)
        finally:
            browser.kill()
    return capture, keys


def test_what_the_browser_asks_is_read(made: tuple[Path, Path]) -> None:
    capture, keys = made
    flows = [flow for flow in read_lines(capture, "--keylog", str(keys)) if flow["app"] == "http2"]
    assert [(flow["via"], flow["server_name"]) for flow in flows[:1]] == [("tls", "www.example.com")]


def test_tshark_with_the_same_keys_sees_the_same_bytes(
    made: tuple[Path, Path], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    capture, keys = made
    recording = Recording(capture, keys, [])
    sizes = []
    for number, _ in enumerate(read_lines(capture, "--keylog", str(keys))):
        said = [followed(recording, number, side, capfdbinary) for side in ("out", "in")]
        assert sorted(said) == sorted(followed_by_tshark(recording, number))
        sizes.append(len(said[1]))
    assert max(sizes) > len(PAGE)

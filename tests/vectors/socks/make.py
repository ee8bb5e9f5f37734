"""SOCKS5 by microsocks and curl: by name, by address, with a login, to TLS, to nobody."""

from __future__ import annotations

from tests.vectors import web_server
from tests.vectors.scene import SERVER, Scene


def curl(scene: Scene, *words: str) -> None:
    """One quiet curl call."""
    scene.client.run("curl", "-sk", "-o", "/dev/null", "--max-time", "10", *words, check=False)


def version5(scene: Scene) -> None:
    """The proxy stands beside the web server."""
    web_server.serve(scene, 80, "80", "443 ssl")
    scene.serve(1080, "microsocks", "-p", "1080")
    scene.serve(1081, "microsocks", "-p", "1081", "-u", "alice", "-P", "wonderland")
    curl(scene, "--socks5-hostname", f"{SERVER}:1080", "http://localhost/")
    curl(scene, "--socks5", f"{SERVER}:1080", f"https://{SERVER}/")
    curl(scene, "--proxy", f"socks5h://alice:wonderland@{SERVER}:1081", f"http://{SERVER}/")
    curl(scene, "--proxy", f"socks5h://alice:wrong@{SERVER}:1081", f"http://{SERVER}/")
    curl(scene, "--socks5", f"{SERVER}:1080", f"http://{SERVER}:9/")


SCENARIOS = {"microsocks": version5}

"""PROXY protocol: version 1 by curl, version 2 by HAProxy, both before nginx."""

from __future__ import annotations

from tests.vectors import web_server
from tests.vectors.scene import SERVER, Scene

CONFIGURATION = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen front
  bind 127.0.0.1:8080
  server back {server}:8081 send-proxy-v2 proxy-v2-options unique-id,authority
"""


def both(scene: Scene) -> None:
    """In clear and before TLS."""
    web_server.serve(scene, 8081, "8081 proxy_protocol", "8443 ssl proxy_protocol")
    path = scene.folder / "haproxy.cfg"
    path.write_text(CONFIGURATION.format(server=SERVER))
    scene.client.start("haproxy", "-db", "-f", str(path))
    words = ("curl", "-sk", "-o", "/dev/null", "--max-time", "10")
    scene.client.run(*words, "--haproxy-protocol", f"http://{SERVER}:8081/", check=False)
    scene.client.run(*words, "--haproxy-protocol", f"https://{SERVER}:8443/", check=False)
    scene.client.run(*words, "--retry", "5", "--retry-connrefused", "http://127.0.0.1:8080/", check=False)


SCENARIOS = {"both": both}

"""WireGuard by wireguard-go: a handshake and a few pings inside."""

from __future__ import annotations

from tests.lab import Host, run, wait_for
from tests.vectors.scene import SERVER, Scene

PORT = 51820


def end(scene: Scene, host: Host, name: str, address: str) -> str:
    """Make one end's device; returns its public key."""
    host.start("wireguard-go", "-f", name)
    wait_for(lambda: name in host.run("wg", "show", "interfaces", check=False), what="wireguard-go")
    secret = scene.folder / f"{name}.key"
    secret.write_text(run("wg", "genkey"))
    host.run("wg", "set", name, "private-key", str(secret), "listen-port", str(PORT))
    host.run("ip", "addr", "add", address, "dev", name)
    return host.run("wg", "show", name, "public-key").strip()


def tunnel(scene: Scene) -> None:
    """Two ends and three pings."""
    tag = scene.lab.tag[-6:]
    client, server = f"wc{tag}", f"ws{tag}"
    first = end(scene, scene.client, client, "10.9.0.1/24")
    second = end(scene, scene.server, server, "10.9.0.2/24")
    scene.client.run("wg", "set", client, "peer", second, "allowed-ips", "10.9.0.2/32", "endpoint",
                     f"{SERVER}:{PORT}")  # fmt: skip
    scene.server.run("wg", "set", server, "peer", first, "allowed-ips", "10.9.0.1/32")
    scene.server.run("ip", "link", "set", server, "up")
    scene.client.run("ip", "link", "set", client, "up")
    scene.client.run("ping", "-c", "3", "-i", "0.2", "10.9.0.2", check=False)


SCENARIOS = {"tunnel": tunnel}

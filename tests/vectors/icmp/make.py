"""ICMP by ping, dig and tracepath: echoes answered and not, a closed port, a small MTU on the way."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

WANTED = "icmp or udp port 9"


def echo(scene: Scene) -> None:
    """Three echoes with their replies, then one to nobody."""
    scene.client.run("ping", "-n", "-c", "3", "-i", "0.2", SERVER)
    scene.client.run("ip", "neigh", "add", "10.77.0.99", "lladdr", "02:00:00:00:00:99", "dev", "eth0")
    scene.client.run("ping", "-n", "-c", "1", "-W", "1", "10.77.0.99", check=False)


def errors(scene: Scene) -> None:
    """A datagram to a closed port, and a packet too large for the next hop."""
    scene.client.run("bash", "-c", f"echo x >/dev/udp/{SERVER}/9", check=False)
    scene.server.run("ip", "link", "add", "far0", "mtu", "1280", "type", "veth", "peer", "far1")
    scene.server.run("ip", "addr", "add", "10.77.9.1/24", "dev", "far0")
    scene.server.run("ip", "link", "set", "far0", "up")
    scene.server.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    scene.client.run("ip", "route", "add", "10.77.9.0/24", "via", SERVER)
    scene.client.run("ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s", "1400", "10.77.9.7", check=False)
    scene.client.run("ping", "-n", "-c", "1", "-W", "1", "-t", "1", "10.77.9.7", check=False)


SCENARIOS = {"echo": echo, "errors": errors}

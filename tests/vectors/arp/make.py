"""ARP by the kernel and arping: answered, asked in vain, announced, and taken by another station."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

WANTED = "arp"
NOBODY = "10.77.0.99"


def neighbours(scene: Scene) -> None:
    """The first packet to a neighbour, to nobody, and a station that takes another's address."""
    scene.client.run("ping", "-n", "-c", "1", SERVER)
    scene.client.run("ping", "-n", "-c", "1", "-W", "1", NOBODY, check=False)
    scene.client.run("arping", "-c", "1", "-w", "1", "-D", "-I", "eth0", "10.77.0.50", check=False)
    scene.server.run("arping", "-c", "1", "-U", "-I", "eth0", SERVER, check=False)
    scene.server.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:66")
    scene.server.run("arping", "-c", "1", "-U", "-I", "eth0", SERVER, check=False)


SCENARIOS = {"neighbours": neighbours}

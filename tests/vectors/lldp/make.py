"""LLDP by lldpd, which announces this host to its neighbour."""

from __future__ import annotations

import time

from tests.lab import wait_for
from tests.vectors.scene import Scene

WANTED = "ether proto 0x88cc"


def host(scene: Scene) -> None:
    """One announcement, and the last one when the daemon ends."""
    socket = scene.folder / "lldpd.sock"
    daemon = scene.server.start("lldpd", "-d", "-u", str(socket), "-I", "eth0", "-C", "eth0", "-S",
                                "Test host", "-m", "10.77.0.2")  # fmt: skip
    wait_for(socket.exists, what="lldpd")
    scene.server.run("lldpcli", "-u", str(socket), "configure", "system", "hostname", "switch.example.com")
    scene.server.run("lldpcli", "-u", str(socket), "update")
    time.sleep(2)
    daemon.terminate()
    daemon.wait(5)


SCENARIOS = {"host": host}

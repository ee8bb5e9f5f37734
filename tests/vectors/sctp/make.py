"""usrsctp's test program on both sides, a stack of its own over raw IP: an association, data, its end."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import CLIENT, SERVER, Scene

PROGRAM = "/usr/lib/usrsctp/tsctp"
WANTED = "ip proto 132"
PORT = "5001"


def session(scene: Scene) -> None:
    """Three messages to a sink, and a shutdown."""
    scene.server.start(PROGRAM, "-E", "0", "-L", SERVER, "-p", PORT)
    wait_for(lambda: ":132" in scene.server.run("ss", "-lnwH"), what=PROGRAM)
    words = ("-E", "0", "-U", "0", "-L", CLIENT, "-p", PORT, "-n", "3", "-l", "100", SERVER)
    scene.client.run("timeout", "20", PROGRAM, *words)


SCENARIOS = {"session": session}

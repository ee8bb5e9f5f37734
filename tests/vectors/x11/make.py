"""X11 by TigerVNC's X server and xdpyinfo: with the right cookie, and with a wrong one."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import SERVER, Scene

COOKIE = "00112233445566778899aabbccddeeff"


def display(scene: Scene) -> None:
    """Two clients over TCP."""
    for name, cookie in (("right", COOKIE), ("wrong", COOKIE[::-1])):
        path = scene.folder / name
        scene.client.run("xauth", "-f", str(path), "add", f"{SERVER}:41", "MIT-MAGIC-COOKIE-1", cookie)
    scene.server.run("xauth", "-f", f"{scene.folder}/server", "add", ":41", "MIT-MAGIC-COOKIE-1", COOKIE)
    scene.server.start(
        "Xtigervnc",
        ":41",
        "-rfbport",
        "-1",
        "-geometry",
        "64x48",
        "-depth",
        "16",
        "-listen",
        "tcp",
        "-auth",
        f"{scene.folder}/server",
    )
    wait_for(lambda: scene.server.listening(6041), what="the display")
    for name in ("right", "wrong"):
        scene.client.run(
            "env",
            f"XAUTHORITY={scene.folder}/{name}",
            "timeout",
            "5",
            "xlsatoms",
            "-display",
            f"{SERVER}:41",
            "-range",
            "1-2",
            check=False,
        )


SCENARIOS = {"display": display}

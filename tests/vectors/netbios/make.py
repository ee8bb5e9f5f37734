"""NetBIOS by Samba: a session opened by name, and nmbd's announcements."""

from __future__ import annotations

import time

from tests.vectors.nbns.make import settings
from tests.vectors.scene import SERVER, Scene


def announcement(scene: Scene) -> None:
    """nmbd announces its host; smbclient opens a session."""
    config = settings(scene, "server min protocol = NT1\nload printers = no\n")
    scene.server.start("nmbd", "-F", "--no-process-group", "-s", config)
    scene.serve(139, "smbd", "-F", "-s", config)
    scene.client.run(
        "smbclient",
        "-s",
        "/dev/null",
        "-L",
        "FILESERVER",
        "-I",
        SERVER,
        "-N",
        "-p",
        "139",
        "-m",
        "NT1",
        "--option=client min protocol=NT1",
        check=False,
    )
    time.sleep(0.5)


SCENARIOS = {"announcement": announcement}

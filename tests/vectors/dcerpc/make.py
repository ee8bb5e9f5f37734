"""DCE/RPC by Samba: the endpoint mapper is asked, then interfaces on ports of their own."""

from __future__ import annotations

import subprocess

from tests.lab import wait_for
from tests.vectors.nbns.make import settings
from tests.vectors.scene import SERVER, Scene

MORE = """passdb backend = tdbsam:{folder}/passdb.tdb
load printers = no
rpc start on demand helpers = no
"""


def endpoints(scene: Scene) -> None:
    """A map of interfaces, users of the host, a login that fails."""
    config = settings(scene, MORE.format(folder=scene.folder))
    subprocess.run(("smbpasswd", "-c", config, "-s", "-a", "root"), input=b"secret\nsecret\n", check=True)
    scene.server.start("smbd", "-F", "-s", config)
    scene.server.start("/usr/libexec/samba/samba-dcerpcd", "-F", "--libexec-rpcds", "-s", config)
    wait_for(lambda: scene.server.listening(135), what="the endpoint mapper")
    for login, commands in (
        ("root%secret", "srvinfo"),
        ("root%secret", "enumdomusers"),
        ("root%wrong", "srvinfo"),
    ):
        scene.client.run(
            "rpcclient", "-s", "/dev/null", "-U", login, f"ncacn_ip_tcp:{SERVER}", "-c", commands, check=False
        )


SCENARIOS = {"endpoints": endpoints}

"""L2TP by xl2tpd at both ends: a tunnel and a call are set up, and taken down."""

from __future__ import annotations

import time

from tests.vectors.scene import SERVER, Scene

SERVES = """
[global]
port = 1701
[lns default]
ip range = 10.9.0.2-10.9.0.9
local ip = 10.9.0.1
require authentication = no
"""
ASKS = """
[global]
port = 1701
[lac office]
lns = {server}
autodial = yes
require authentication = no
"""


def tunnel(scene: Scene) -> None:
    """Control messages; there is no PPP here for the call to carry."""
    for name, text in (("server", SERVES), ("client", ASKS.format(server=SERVER))):
        (scene.folder / f"{name}.conf").write_text(text)
    words = {
        name: ("xl2tpd", "-D", "-c", f"{scene.folder}/{name}.conf", "-p", f"{scene.folder}/{name}.pid", "-C",
               f"{scene.folder}/{name}.control", "-s", "/dev/null")
        for name in ("server", "client")
    }  # fmt: skip
    scene.serve(1701, *words["server"], udp=True)
    asking = scene.client.start(*words["client"])
    time.sleep(4)
    asking.terminate()
    asking.wait(10)


SCENARIOS = {"tunnel": tunnel}

"""NTP by chronyd on both sides, and a query for variables by hand, as ntpq sends it."""

from __future__ import annotations

import socket

from tests.vectors.scene import SERVER, Scene

READ_VARIABLES = bytes([0x16, 2]) + bytes(10)


def chrony(scene: Scene) -> None:
    """A client asks a server of stratum 8 four times; then one message signed with a key."""
    keys = scene.folder / "keys"
    keys.write_text("7 SHA1 HEX:000102030405060708090a0b0c0d0e0f10111213\n")
    (scene.folder / "conf").write_text(
        f"local stratum 8\nallow all\ncmdport 0\nkeyfile {keys}\n"
        f"pidfile {scene.folder}/pid\nbindcmdaddress /\n"
    )
    scene.serve(123, "chronyd", "-x", "-d", "-u", "root", "-f", f"{scene.folder}/conf", udp=True)
    for more in ("", " key 7"):
        scene.client.run(
            "chronyd",
            "-x",
            "-Q",
            "-u",
            "root",
            f"server {SERVER} iburst{more}",
            "cmdport 0",
            f"keyfile {keys}",
            f"pidfile {scene.folder}/pid2",
            check=False,
        )
    with scene.client.socket(kind=socket.SOCK_DGRAM) as asking:
        asking.sendto(READ_VARIABLES, (SERVER, 123))


SCENARIOS = {"chrony": chrony}

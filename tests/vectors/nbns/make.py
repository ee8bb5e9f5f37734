"""NetBIOS names by Samba: nmbd takes its names, nmblookup asks for them and for a node's status."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import SERVER, Scene

SETTINGS = """[global]
netbios name = FILESERVER
workgroup = OFFICE
server string = files of the office
interfaces = 10.77.0.2/24
bind interfaces only = yes
lock directory = {folder}
state directory = {folder}
cache directory = {folder}
pid directory = {folder}
private dir = {folder}
log file = {folder}/log
ncalrpc dir = {folder}/ncalrpc
disable spoolss = yes
"""


def settings(scene: Scene, more: str = "") -> str:
    """Samba's configuration, whose state is all in the scene's folder."""
    path = scene.folder / "smb.conf"
    path.write_text(SETTINGS.format(folder=scene.folder) + more)
    return str(path)


def names(scene: Scene) -> None:
    """Registration, a query by broadcast, one to the server, a node's status, a name nobody has."""
    config = settings(scene)
    scene.server.start("nmbd", "-F", "--no-process-group", "-s", config)
    wait_for(lambda: scene.server.listening(137, udp=True), what="nmbd")
    wait_for(lambda: "FILESERVER" in lookup(scene, "-U", SERVER, "FILESERVER"), what="a name")
    lookup(scene, "-B", "10.77.0.255", "OFFICE#1b", "FILESERVER")
    lookup(scene, "-A", SERVER)
    lookup(scene, "-U", SERVER, "NOBODY")


def lookup(scene: Scene, *words: str) -> str:
    """One call of nmblookup."""
    return scene.client.run("nmblookup", "-s", "/dev/null", *words, check=False)


SCENARIOS = {"names": names}

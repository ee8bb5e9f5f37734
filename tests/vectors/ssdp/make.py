"""SSDP by minidlna and upnpc: announcements, a search, its answers, the goodbye."""

from __future__ import annotations

import time

from tests.vectors.scene import Scene


def media(scene: Scene) -> None:
    """A media server is announced, searched for, and stopped."""
    (scene.folder / "conf").write_text(
        f"network_interface=eth0\nmedia_dir={scene.folder}\ndb_dir={scene.folder}\nlog_dir={scene.folder}\n"
        "friendly_name=Cellar\nport=8200\nuuid=00000000-0000-0000-0000-000000000001\nnotify_interval=60\n"
    )
    for host in (scene.client, scene.server):
        host.run("ip", "route", "add", "239.0.0.0/8", "dev", "eth0")
    program = scene.serve(
        1900, "minidlnad", "-S", "-f", f"{scene.folder}/conf", "-P", f"{scene.folder}/pid", udp=True
    )
    time.sleep(1)
    scene.client.run("gssdp-discover", "-i", "eth0", "-t", "upnp:rootdevice", "-n", "2", check=False)
    program.terminate()
    program.wait(5)


SCENARIOS = {"media": media}

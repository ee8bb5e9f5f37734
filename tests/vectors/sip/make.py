"""SIP by SIPp: a call over UDP with media, one over TCP."""

from __future__ import annotations

import shutil

from tests.vectors.scene import CLIENT, SERVER, Scene

AUDIO = "/usr/share/sip-tester"


def call(scene: Scene) -> None:
    """One call whose audio is cut short."""
    scene.serve(5060, "sipp", "-sn", "uas", "-i", SERVER, "-nostdin", udp=True)
    shutil.copytree(AUDIO, scene.folder / "pcap")
    words = f"cd {scene.folder} && timeout 2.5 sipp -sn uac_pcap -i {CLIENT} -m 1 -nostdin {SERVER}:5060"
    scene.client.run("sh", "-c", words, check=False)


def tcp(scene: Scene) -> None:
    """One call without media over TCP."""
    scene.serve(5060, "sipp", "-sn", "uas", "-i", SERVER, "-t", "t1", "-nostdin")
    scene.client.run("timeout", "5", "sipp", "-sn", "uac", "-i", CLIENT, "-t", "t1", "-m", "1", "-d", "100",
                     "-nostdin", f"{SERVER}:5060", check=False)  # fmt: skip


SCENARIOS = {"call": call, "tcp": tcp}

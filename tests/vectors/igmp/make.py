"""IGMP by the kernel, as programs join and leave groups; a query as a router would send it."""

from __future__ import annotations

from tests.vectors.scene import CLIENT, Scene

WANTED = "igmp"
JOINER = """
import socket, sys, time
member = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
how = socket.inet_aton("239.1.2.3") + socket.inet_aton(sys.argv[1])
member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, how)
time.sleep(0.3)
member.setsockopt(socket.IPPROTO_IP, socket.IP_DROP_MEMBERSHIP, how)
time.sleep(0.3)
"""
ASKER = """
import socket
out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.77.0.2"))
out.sendto(bytes.fromhex("1164ee9b00000000"), ("224.0.0.1", 0))
"""


def version3(scene: Scene) -> None:
    """A host joins a group and leaves it, as version 3 says it."""
    scene.client.run("python3", "-c", JOINER, CLIENT)


def version2(scene: Scene) -> None:
    """A query, and a host that speaks version 2."""
    scene.client.run("sysctl", "-qw", "net.ipv4.conf.eth0.force_igmp_version=2")
    scene.server.run("python3", "-c", ASKER)
    scene.client.run("python3", "-c", JOINER, CLIENT)


SCENARIOS = {"version2": version2, "version3": version3}

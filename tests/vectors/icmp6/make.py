"""ICMPv6 by the kernel and ping: neighbours, listeners, echoes, a router's announcement."""

from __future__ import annotations

from tests.vectors.scene import SERVER6, Scene

WANTED = "icmp6"
ANNOUNCER = """
import socket, struct, sys
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("eth0"))
prefix = socket.inet_pton(socket.AF_INET6, "fd77:5::")
server = socket.inet_pton(socket.AF_INET6, "fd77::53")
body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0x40, 1800, 0, 0)
body += struct.pack("!BBHI", 5, 1, 0, 1480)
body += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + prefix
body += struct.pack("!BBHI", 25, 3, 0, 600) + server
body += struct.pack("!BBHI", 31, 3, 0, 600) + bytes([4]) + b"test" + bytes([7]) + b"example" + bytes(3)
out.sendto(body, ("ff02::1", 0))
"""


def neighbours(scene: Scene) -> None:
    """Who has the server's address, an echo, and who listens to groups."""
    scene.client.run("ping", "-6", "-n", "-c", "2", "-i", "0.2", SERVER6)
    scene.client.run("ping", "-6", "-n", "-c", "1", "-W", "2", "fd77::99", check=False)


def router(scene: Scene) -> None:
    """A router announces a prefix, a name server, a domain and an MTU."""
    scene.server.run("ip", "link", "set", "eth0", "addrgenmode", "eui64")
    scene.server.run("ip", "addr", "add", "fe80::2/64", "dev", "eth0", "nodad")
    scene.server.run("python3", "-c", ANNOUNCER)


SCENARIOS = {"neighbours": neighbours, "router": router}

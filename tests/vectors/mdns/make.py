"""mDNS by python-zeroconf: a printer is announced, found, asked for, and withdrawn."""

from __future__ import annotations

import sys

from tests.vectors.scene import CLIENT, SERVER, Scene

ANNOUNCE = f"""
import socket, time, zeroconf
zero = zeroconf.Zeroconf(interfaces=["{SERVER}"], ip_version=zeroconf.IPVersion.V4Only)
info = zeroconf.ServiceInfo("_ipp._tcp.local.", "Laser._ipp._tcp.local.", 631,
                            addresses=[socket.inet_aton("{SERVER}")], server="printer.local.",
                            properties={{"rp": "printers/laser", "pdl": "application/pdf"}})
zero.register_service(info)
time.sleep(2)
zero.unregister_service(info)
zero.close()
"""
FIND = f"""
import time, zeroconf
zero = zeroconf.Zeroconf(interfaces=["{CLIENT}"], ip_version=zeroconf.IPVersion.V4Only)
class Listener(zeroconf.ServiceListener):
    def add_service(self, zero, kind, name): zero.get_service_info(kind, name)
    def update_service(self, zero, kind, name): pass
    def remove_service(self, zero, kind, name): pass
browser = zeroconf.ServiceBrowser(zero, "_ipp._tcp.local.", Listener())
time.sleep(1.5)
zero.close()
"""


def printer(scene: Scene) -> None:
    """Probe, announcement, query, answer, goodbye; then a one-shot query from a port of its own."""
    announcing = scene.server.start(sys.executable, "-c", ANNOUNCE)
    scene.client.run(sys.executable, "-c", FIND)
    scene.client.run("dig", "+time=1", "+tries=1", "-p", "5353", f"@{SERVER}", "printer.local", "A",
                     check=False)  # fmt: skip
    announcing.wait(20)


SCENARIOS = {"printer": printer}

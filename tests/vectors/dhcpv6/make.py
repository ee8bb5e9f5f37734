"""DHCPv6 by dnsmasq and dhclient: an address is asked for, given, and given back; settings alone."""

from __future__ import annotations

import time

from tests.vectors.scene import Scene


def lease(scene: Scene) -> None:
    """Solicit, advertise, request, reply, release; then an information request."""
    for host, address in ((scene.client, "fe80::1"), (scene.server, "fe80::2")):
        host.run("ip", "-6", "addr", "add", f"{address}/64", "dev", "eth0", "nodad")
    scene.serve(
        547,
        "dnsmasq",
        "-k",
        "-C",
        "/dev/null",
        "--port=0",
        "--user=root",
        "--pid-file=",
        f"--dhcp-leasefile={scene.folder}/leases",
        "--interface=eth0",
        "--domain=example.com",
        "--dhcp-range=fd77:0::100,fd77:0::1ff,64,2h",
        "--dhcp-option=option6:dns-server,[fd77:0::2]",
        "--dhcp-option=option6:domain-search,example.com",
        udp=True,
    )
    (scene.folder / "conf").write_text(
        'send fqdn.fqdn "laptop.example.com";\nsend fqdn.encoded on;\nsend fqdn.server-update on;\n'
    )
    words = (
        "dhclient",
        "-6",
        "-1",
        "-cf",
        f"{scene.folder}/conf",
        "-lf",
        f"{scene.folder}/old",
        "-pf",
        f"{scene.folder}/pid",
        "-sf",
        "/bin/true",
    )
    scene.client.run(*words, "eth0", check=False)
    time.sleep(0.5)
    scene.client.run(*words, "-r", "eth0", check=False)
    scene.client.run(*words, "-S", "eth0", check=False)


SCENARIOS = {"lease": lease}

"""DHCP by dnsmasq, dhclient and udhcpc: a lease, its renewal and release, and a refusal."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import Scene


def server(scene: Scene) -> None:
    """dnsmasq with addresses from 10.77.0.50 on."""
    scene.server.start(
        "dnsmasq",
        "-k",
        "-C",
        "/dev/null",
        "--port=0",
        "--user=root",
        "--pid-file=",
        f"--dhcp-leasefile={scene.folder}/leases",
        "--interface=eth0",
        "--dhcp-authoritative",
        "--dhcp-range=10.77.0.50,10.77.0.60,2h",
        "--domain=example.com",
        "--dhcp-option=option:router,10.77.0.2",
        "--dhcp-option=option:dns-server,10.77.0.2",
    )
    wait_for(lambda: scene.server.listening(67, udp=True), what="dnsmasq")


def lease(scene: Scene) -> None:
    """A client without an address gets one, keeps it, and gives it back."""
    server(scene)
    scene.client.run("ip", "addr", "flush", "dev", "eth0")
    scene.client.run(
        "busybox",
        "udhcpc",
        "-i",
        "eth0",
        "-f",
        "-q",
        "-n",
        "-R",
        "-t",
        "3",
        "-s",
        "/bin/true",
        "-x",
        "hostname:laptop",
        "-V",
        "vendor of laptops",
        "-F",
        "laptop.example.com",
        "-O",
        "search",
        check=False,
    )


def dhclient(scene: Scene) -> None:
    """Another client asks for an address that is not to be had."""
    server(scene)
    (scene.folder / "conf").write_text('send host-name "desk";\nrequest subnet-mask, routers, domain-name;\n')
    (scene.folder / "old").write_text(
        'lease {\n interface "eth0";\n fixed-address 192.0.2.9;\n option dhcp-server-identifier 10.77.0.2;\n'
        " renew 6 2037/12/05 00:00:00;\n rebind 6 2037/12/05 00:00:00;\n expire 6 2037/12/05 00:00:00;\n}\n"
    )
    scene.client.run("ip", "addr", "flush", "dev", "eth0")
    scene.client.run(
        "dhclient",
        "-4",
        "-1",
        "-v",
        "-cf",
        f"{scene.folder}/conf",
        "-lf",
        f"{scene.folder}/old",
        "-pf",
        f"{scene.folder}/pid",
        "-sf",
        "/bin/true",
        "eth0",
        check=False,
    )
    scene.client.run("dhclient", "-4", "-x", "-pf", f"{scene.folder}/pid", "eth0", check=False)


SCENARIOS = {"lease": lease, "dhclient": dhclient}

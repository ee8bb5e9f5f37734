"""BGP by two BIRDs: a session, routes of both families announced and withdrawn, the end."""

from __future__ import annotations

import time

from tests.lab import Host, wait_for
from tests.vectors.scene import CLIENT, SERVER, Scene

CONFIG = """router id {own};
protocol device {{}}
protocol static {{ ipv4; {route4} }}
protocol static {{ ipv6; {route6} }}
protocol bgp neighbour {{
 local {own} as {system};
 neighbor {other} as {peer};
 hold time 30;
 {passive}
 ipv4 {{ import all; export all; next hop self; }};
 ipv6 {{ import all; export all; next hop address 2001:db8::1; }};
}}
"""


def start(scene: Scene, host: Host, own: str, other: str, systems: tuple[int, int]) -> None:
    """One router; the one with the larger number only answers."""
    active = systems[0] < systems[1]
    config = scene.folder / f"bird-{own}.conf"
    config.write_text(
        CONFIG.format(
            own=own,
            other=other,
            system=systems[0],
            peer=systems[1],
            passive="" if active else "passive yes;",
            route4="route 192.0.2.0/24 blackhole; route 198.51.100.0/25 blackhole;" if active else "",
            route6="route 2001:db8:7::/48 blackhole;" if active else "",
        )
    )
    host.start(
        "bird", "-f", "-c", str(config), "-s", f"{scene.folder}/{own}.ctl", "-P", f"{scene.folder}/{own}.pid"
    )


def session(scene: Scene) -> None:
    """Up, three routes, one withdrawn, shut down with a word."""
    start(scene, scene.server, SERVER, CLIENT, (4_200_000_002, 64501))
    wait_for(lambda: scene.server.listening(179), what="bird")
    start(scene, scene.client, CLIENT, SERVER, (64501, 4_200_000_002))
    time.sleep(6)
    control = ("birdc", "-s", f"{scene.folder}/{CLIENT}.ctl")
    wait_for(
        lambda: "Established" in scene.client.run(*control, "show", "protocols"),
        what="the session",
        seconds=20,
    )
    time.sleep(1)
    config = scene.folder / f"bird-{CLIENT}.conf"
    config.write_text(config.read_text().replace("route 198.51.100.0/25 blackhole;", ""))
    scene.client.run(*control, "configure")
    time.sleep(1)
    scene.client.run(*control, "disable", "neighbour", '"moving house"')
    time.sleep(0.5)


SCENARIOS = {"session": session}

"""sFlow by pmacct's probe, of a few pings."""

from __future__ import annotations

import time

from tests.vectors.scene import CLIENT, SERVER, Scene

CONFIG = """daemonize: false
pcap_interface: eth0
pcap_filter: icmp
plugins: sfprobe[one]
sfprobe_receiver: {collector}:6343
sfprobe_agentip: {agent}
sampling_rate: 1
aggregate: none
"""


def export(scene: Scene) -> None:
    """Every packet is sampled."""
    scene.client.start("nc", "-k", "-u", "-l", "6343")
    config = scene.folder / "pmacct.conf"
    config.write_text(CONFIG.format(collector=CLIENT, agent=SERVER))
    scene.server.start("pmacctd", "-f", str(config))
    time.sleep(2)
    scene.client.run("ping", "-c", "6", "-i", "0.2", "-s", "400", SERVER)
    time.sleep(1.5)


SCENARIOS = {"export": export}

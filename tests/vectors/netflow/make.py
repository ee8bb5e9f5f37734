"""NetFlow 5 and 9 and IPFIX by pmacct's probe, of a few pings."""

from __future__ import annotations

import time

from tests.vectors.scene import CLIENT, SERVER, Scene

CONFIG = """daemonize: false
pcap_interface: eth0
pcap_filter: icmp
plugins: nfprobe[one]
nfprobe_receiver: {collector}:2055
nfprobe_version: {version}
nfprobe_timeouts: expint=1:maxlife=1:icmp=1
aggregate: src_host, dst_host, proto
"""


def export(scene: Scene) -> None:
    """One exporter after the other, to a collector that only listens."""
    scene.client.start("nc", "-k", "-u", "-l", "2055")
    for version in ("5", "9", "10"):
        config = scene.folder / f"{version}.conf"
        config.write_text(CONFIG.format(collector=CLIENT, version=version))
        program = scene.server.start("pmacctd", "-f", str(config))
        time.sleep(1.5)
        scene.client.run("ping", "-c", "6", "-i", "0.5", SERVER)
        time.sleep(1.5)
        program.terminate()
        program.wait(5)


SCENARIOS = {"export": export}

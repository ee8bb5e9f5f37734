"""StatsD by the client of PyPI, to collectd's plugin."""

from __future__ import annotations

import sys

from tests.vectors.scene import SERVER, Scene

CONFIGURATION = """
Hostname "host"
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
Interval 1
LoadPlugin statsd
<Plugin statsd>
  Host "{server}"
  Port "8125"
</Plugin>
"""
CLIENT = """
import statsd
one = statsd.StatsClient("{server}", 8125, prefix="shop")
one.incr("orders")
one.incr("orders", 5, rate=0.9999)
one.timing("checkout", 320)
one.gauge("queue", 70)
one.gauge("queue", -3, delta=True)
one.set("users", "ann")
with one.pipeline() as many:
    many.incr("carts")
    many.timing("render", 12)
"""


def metrics(scene: Scene) -> None:
    """Each kind of metric, and two in one datagram."""
    path = scene.folder / "collectd.conf"
    path.write_text(CONFIGURATION.format(folder=scene.folder, server=SERVER))
    scene.serve(8125, "collectd", "-f", "-C", str(path), udp=True)
    scene.client.run("timeout", "10", sys.executable, "-c", CLIENT.format(server=SERVER))


SCENARIOS = {"metrics": metrics}

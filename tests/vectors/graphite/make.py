"""Graphite's lines by collectd, which measures its host, to Carbon."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

CARBON = """
[cache]
STORAGE_DIR = {folder}/
CONF_DIR = {folder}/
LOG_DIR = {folder}/
PID_DIR = {folder}/
LOCAL_DATA_DIR = {folder}/
LINE_RECEIVER_INTERFACE = {server}
LINE_RECEIVER_PORT = 2003
PICKLE_RECEIVER_PORT = 0
CACHE_QUERY_PORT = 0
USER =
"""
COLLECTD = """
Hostname "host"
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
Interval 1
LoadPlugin load
LoadPlugin memory
LoadPlugin write_graphite
<Plugin write_graphite>
  <Node "carbon">
    Host "{server}"
    Port "2003"
    Protocol "{protocol}"
  </Node>
</Plugin>
"""


def metrics(scene: Scene) -> None:
    """Load and memory, over TCP and over UDP."""
    (scene.folder / "carbon.conf").write_text(CARBON.format(folder=scene.folder, server=SERVER))
    (scene.folder / "storage-schemas.conf").write_text("[all]\npattern = .*\nretentions = 1s:1m\n")
    scene.serve(2003, "carbon-cache", "--nodaemon", f"--config={scene.folder}/carbon.conf", "start")
    scene.serve(2003, "nc", "-k", "-u", "-l", SERVER, "2003", udp=True)
    for protocol in ("tcp", "udp"):
        path = scene.folder / f"{protocol}.conf"
        path.write_text(COLLECTD.format(folder=scene.folder, server=SERVER, protocol=protocol))
        scene.client.run("timeout", "6", "collectd", "-f", "-C", str(path), check=False)


SCENARIOS = {"metrics": metrics}

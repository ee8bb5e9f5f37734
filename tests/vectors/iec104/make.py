"""lib60870 (in the package c104) as station and control centre: interrogation, a report, two commands."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

STATION = f"""
import time, c104
server = c104.Server(ip="{SERVER}", port=2404)
station = server.add_station(common_address=47)
station.add_point(io_address=11, type=c104.Type.M_ME_NC_1, report_ms=0).value = 1.5
station.add_point(io_address=12, type=c104.Type.C_SC_NA_1)
server.start()
time.sleep(60)
"""
CENTRE = f"""
import time, c104
client = c104.Client(tick_rate_ms=50, command_timeout_ms=2000)
connection = client.add_connection(ip="{SERVER}", port=2404, init=c104.Init.INTERROGATION)
station = connection.add_station(common_address=47)
station.add_point(io_address=11, type=c104.Type.M_ME_NC_1)
known = station.add_point(io_address=12, type=c104.Type.C_SC_NA_1)
missing = station.add_point(io_address=99, type=c104.Type.C_SC_NA_1)
client.start()
for _ in range(100):
    if connection.state == c104.ConnectionState.OPEN:
        break
    time.sleep(0.05)
for point in (known, missing):
    point.value = True
    point.transmit(cause=c104.Cot.ACTIVATION)
connection.test(common_address=47)
client.stop()
"""


def session(scene: Scene) -> None:
    """One station, one centre."""
    serving(scene, 2404, STATION)
    python(scene, CENTRE)


SCENARIOS = {"session": session}

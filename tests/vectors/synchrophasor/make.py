"""pyc37 on both sides: a measurement unit, and a concentrator that asks what it is."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

UNIT = f"""
import sys, time, types
sys.modules["psutil"] = types.ModuleType("psutil")  # wanted by its own log only, and not had from PyPI here
from pyc37.frame import ConfigFrame2, HeaderFrame
from pyc37.pmu import Pmu
unit = Pmu(pmu_id=7, data_rate=10, port=4712, ip="{SERVER}")
unit.logger.setLevel("ERROR")
unit.set_configuration(ConfigFrame2(
    7, 1000000, 1, "Station A", 7, (True, True, True, True), 2, 0, 0, ["VA", "VB"],
    [(0, "v"), (0, "v")], [], [], 50, 22, 10))
unit.set_header(HeaderFrame(7, "A unit of the test"))
unit.run()
while True:
    unit.send_data(phasors=[(230.0, 0.0), (230.0, 2.1)], freq=0.01, dfreq=0)
    time.sleep(0.1)
"""
CONCENTRATOR = f"""
from pyc37.pdc import Pdc
pdc = Pdc(pdc_id=7, pmu_ip="{SERVER}", pmu_port=4712)
pdc.logger.setLevel("ERROR")
pdc.run()
print(pdc.get_header())
print(pdc.get_config())
pdc.start()
for _ in range(3):
    pdc.get()
pdc.stop()
pdc.quit()
"""


def session(scene: Scene) -> None:
    """What the unit is, then three of its measurements."""
    serving(scene, 4712, UNIT)
    python(scene, CONCENTRATOR)


SCENARIOS = {"session": session}

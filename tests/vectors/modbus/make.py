"""pymodbus as server and client: reads, writes, an exception, the device's identity."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

DEVICE = f"""
from pymodbus.server import StartTcpServer
from pymodbus.datastore import ModbusDeviceContext, ModbusSequentialDataBlock, ModbusServerContext
block = lambda: ModbusSequentialDataBlock(1, [1] * 100)
device = ModbusDeviceContext(di=block(), co=block(), hr=block(), ir=block())
StartTcpServer(ModbusServerContext(devices=device, single=True), address=("{SERVER}", 502))
"""
CLIENT = f"""
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient("{SERVER}", retries=0, timeout=2)
client.connect()
client.read_holding_registers(10, count=5, device_id=1)
client.read_coils(0, count=12, device_id=1)
client.write_coil(3, True, device_id=1)
client.write_registers(20, [7, 8, 9], device_id=1)
client.read_input_registers(5000, count=2, device_id=1)
client.read_device_information(device_id=1)
client.close()
"""


def session(scene: Scene) -> None:
    """One client, one device."""
    serving(scene, 502, DEVICE)
    python(scene, CLIENT)


SCENARIOS = {"session": session}

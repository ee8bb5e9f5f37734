"""bacpypes3 as device and client: who-is, properties read and written, one that does not exist."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import CLIENT as HERE
from tests.vectors.scene import SERVER, Scene

DEVICE = f"""
import asyncio, sys
from bacpypes3.argparse import SimpleArgumentParser
from bacpypes3.app import Application
from bacpypes3.local.analog import AnalogValueObject
async def main():
    words = SimpleArgumentParser().parse_args(["--address", "{SERVER}/24", "--instance", "77", "--name",
    "boiler",
                                               "--vendoridentifier", "999"])
    app = Application.from_args(words)
    app.add_object(AnalogValueObject(objectIdentifier="analog-value,1", objectName="heat", presentValue=20.5))
    await asyncio.Future()
asyncio.run(main())
"""
CLIENT = f"""
import asyncio
from bacpypes3.argparse import SimpleArgumentParser
from bacpypes3.app import Application
from bacpypes3.pdu import Address
from bacpypes3.primitivedata import ObjectIdentifier
async def main():
    words = SimpleArgumentParser().parse_args(["--address", "{HERE}/24", "--instance", "78", "--name",
    "panel"])
    app = Application.from_args(words)
    device = Address("{SERVER}")
    app.who_is(address=device)
    await asyncio.sleep(0.3)
    value = ObjectIdentifier("analog-value,1")
    await app.read_property(device, value, "present-value")
    for work in (lambda: app.write_property(device, value, "present-value", 21.5),
                 lambda: app.read_property(device, ObjectIdentifier("analog-value,9"), "object-name")):
        try:
            await work()
        except Exception:
            pass
    await asyncio.sleep(0.2)
asyncio.run(main())
"""


def session(scene: Scene) -> None:
    """One panel, one device."""
    serving(scene, 47808, DEVICE, udp=True)
    python(scene, CLIENT)


SCENARIOS = {"session": session}

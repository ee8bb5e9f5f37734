"""python-snap7 as server and client: a data block is read and written, a missing one is asked for."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

CONTROLLER = """
import time, snap7
server = snap7.Server(log=False)
data = bytearray(64)
server.register_area(snap7.SrvArea.DB, 1, data)
server.start(102)
time.sleep(60)
"""
CLIENT = f"""
import snap7
client = snap7.Client()
client.connect("{SERVER}", 0, 2)
client.db_write(1, 4, bytearray(b"meow"))
client.db_read(1, 4, 4)
for words in (lambda: client.db_read(77, 0, 4), client.get_cpu_state, client.plc_stop):
    try:
        words()
    except Exception:
        pass
client.disconnect()
"""


def session(scene: Scene) -> None:
    """One client, one controller."""
    serving(scene, 102, CONTROLLER)
    python(scene, CLIENT)


SCENARIOS = {"session": session}

"""cpppo as controller and client: identity, tags read and written, one that does not exist."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

CONTROLLER = f"""
from cpppo.server.enip.main import main
main(["-a", "{SERVER}:44818", "SCADA=INT[10]", "Text=STRING"])
"""
CLIENT = f"""
from cpppo.server.enip import client
with client.client(host="{SERVER}", port=44818) as other:
    other.list_identity(timeout=2)
    client.await_response(other, timeout=2)
with client.connector(host="{SERVER}", timeout=3) as connection:
    words = client.parse_operations(["SCADA[1]=(INT)7", "SCADA[0-3]", "Missing", "@1/1/7"])
    for _ in connection.pipeline(operations=words, depth=1, timeout=3):
        pass
"""


def session(scene: Scene) -> None:
    """One client, one controller."""
    serving(scene, 44818, CONTROLLER)
    python(scene, CLIENT)


SCENARIOS = {"session": session}

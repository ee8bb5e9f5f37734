"""asyncua as server and client: a value read and written, a node that does not exist, a password in clear."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

MACHINE = f"""
import asyncio, asyncua
from asyncua.server.user_managers import UserManager
from asyncua.crypto.permission_rules import User, UserRole
class Users(UserManager):
    def get_user(self, iserver, username=None, password=None, certificate=None):
        return User(role=UserRole.Admin) if (username, password) == ("alice", "wonderland") else None
async def main():
    server = asyncua.Server(user_manager=Users())
    await server.init()
    server.set_endpoint("opc.tcp://{SERVER}:4840/plant")
    server.set_security_policy([asyncua.ua.SecurityPolicyType.NoSecurity])
    space = await server.register_namespace("urn:vectors")
    value = await server.nodes.objects.add_variable(asyncua.ua.NodeId("heat", space), "heat", 20.5)
    await value.set_writable()
    async with server:
        await asyncio.sleep(60)
asyncio.run(main())
"""
CLIENT = f"""
import asyncio, asyncua
async def main(password):
    client = asyncua.Client("opc.tcp://{SERVER}:4840/plant", timeout=3)
    client.set_user("alice")
    client.set_password(password)
    try:
        await client.connect()
        node = client.get_node("ns=2;s=heat")
        await node.read_value()
        await node.write_value(21.5)
        await client.disconnect()
    except Exception:
        client.disconnect_socket()
asyncio.run(main("wonderland"))
asyncio.run(main("wrong"))
"""


def session(scene: Scene) -> None:
    """A login that is let in, and one that is not."""
    serving(scene, 4840, MACHINE)
    python(scene, CLIENT)


SCENARIOS = {"session": session}

"""nats-server and nats-py: a password, subjects, a request with its answer, a refused login, TLS."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.answering import python
from tests.vectors.scene import SERVER, Scene

CLIENT = """
import asyncio, ssl, nats
async def main():
    try:
        c = await nats.connect("nats://%s", name="vectors", user="alice", password="%s", tls=%s,
                               allow_reconnect=False, max_reconnect_attempts=0, tls_hostname="n.example.com")
    except Exception:
        return
    async def answer(m):
        await m.respond(b"meow")
    await c.subscribe("zoo.*", queue="keepers", cb=answer)
    await c.request("zoo.cat", b"hello?", timeout=2)
    await c.publish("weather", b"rain")
    await c.drain()
asyncio.run(main())
"""
LOOSE = "(lambda c: (setattr(c, 'check_hostname', False), setattr(c, 'verify_mode', 0), c)[2])"
INSECURE = LOOSE + "(ssl.create_default_context())"


def session(scene: Scene) -> None:
    """In clear, refused, and with TLS."""
    certificate, key = scene.certificate("n.example.com")
    login = ("--user", "alice", "--pass", "wonderland", "-a", SERVER)
    server = scene.serve(4222, "nats-server", *login)
    python(scene, CLIENT % (SERVER, "wonderland", None))
    python(scene, CLIENT % (SERVER, "wrong", None))
    server.terminate()
    server.wait(5)
    wait_for(lambda: not scene.server.listening(4222))
    scene.serve(4222, "nats-server", *login, "--tls", "--tlscert", certificate, "--tlskey", key)
    python(scene, CLIENT % (SERVER, "wonderland", INSECURE))


SCENARIOS = {"session": session}

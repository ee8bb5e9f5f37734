"""Finger by Debian's client and server: one user, who is there, a host to forward to."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def users(scene: Scene) -> None:
    """A server that socat starts for each connection, as inetd would."""
    scene.serve(79, "socat", "TCP-LISTEN:79,fork,reuseaddr", "EXEC:/usr/sbin/in.fingerd -f")
    for words in (("root",), ("-l", "nobody"), ("",), ("root@elsewhere.example",)):
        scene.client.run("timeout", "5", "finger", *words[:-1], f"{words[-1]}@{SERVER}", check=False)


SCENARIOS = {"users": users}

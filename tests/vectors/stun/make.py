"""STUN and TURN by coturn: bindings, an allocation with a login, one refused, TURN over TCP."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def turn(scene: Scene) -> None:
    """Messages through a relay, over UDP and TCP; a password that is wrong."""
    scene.serve(3478, "turnserver", "-n", "--log-file", "/dev/null", "-L", SERVER, "-E", SERVER, "-a", "-u",
                "alice:wonderland", "-r", "example.org", "--no-tls", "--no-dtls", "--no-cli",
                "-f", "--db", str(scene.folder / "turn.db"), "--pidfile", str(scene.folder / "turn.pid"),
                udp=True)  # fmt: skip
    scene.client.run("turnutils_stunclient", SERVER, check=False)
    words = (
        "timeout",
        "10",
        "turnutils_uclient",
        "-u",
        "alice",
        "-y",
        "-c",
        "-n",
        "1",
        "-m",
        "1",
        "-l",
        "64",
    )
    scene.client.run(*words, "-w", "wonderland", SERVER, check=False)
    scene.client.run(*words, "-w", "wonderland", "-t", SERVER, check=False)
    scene.client.run(*words, "-w", "wrong", SERVER, check=False)


SCENARIOS = {"turn": turn}

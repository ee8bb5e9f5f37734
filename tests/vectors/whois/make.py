"""WHOIS by the whois client, answered by a server that knows one name."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

ANSWER = (
    b"Domain Name: EXAMPLE.COM\r\nRegistrar WHOIS Server: whois.registrar.example\r\n"
    b"Registrar: The Registrar\r\nCreation Date: 1995-08-14T04:00:00Z\r\n"
)


def name(scene: Scene) -> None:
    """One name."""
    (scene.folder / "answer").write_bytes(ANSWER)
    scene.serve(43, "sh", "-c", f"nc -l -N 43 < {scene.folder}/answer")
    scene.client.run("timeout", "5", "whois", "-h", SERVER, "example.com", check=False)


SCENARIOS = {"name": name}

"""Telnet by inetutils: options, a login that fails."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def login(scene: Scene) -> None:
    """A user who does not know the password."""
    scene.serve(23, "socat", "TCP-LISTEN:23,reuseaddr,fork", "EXEC:/usr/sbin/telnetd -E /bin/login")
    words = "(sleep 2; echo nobody-here; sleep 1; echo wonderland; sleep 4) | telnet -E " + SERVER
    scene.client.run("timeout", "12", "script", "-qec", words, "/dev/null", check=False)


SCENARIOS = {"login": login}

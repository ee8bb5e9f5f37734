"""POP3 by Dovecot and curl."""

from __future__ import annotations

from tests.vectors import dovecot
from tests.vectors.scene import SERVER, Scene


def curl(scene: Scene, *words: str) -> None:
    """One quiet curl call."""
    scene.client.run("curl", "-sk", "--max-time", "10", *words, check=False)


def plain(scene: Scene) -> None:
    """A login in clear, a list, a mail; a login that fails."""
    dovecot.serve(scene, 110)
    curl(scene, "-u", "alice:wonderland", f"pop3://{SERVER}/")
    curl(scene, "-u", "alice:wonderland", "--login-options", "AUTH=+LOGIN", f"pop3://{SERVER}/1")
    curl(scene, "-u", "alice:wrong", f"pop3://{SERVER}/")


def stls(scene: Scene) -> None:
    """The same behind STLS."""
    dovecot.serve(scene, 110)
    curl(scene, "--ssl-reqd", "-u", "alice:wonderland", f"pop3://{SERVER}/")


SCENARIOS = {"plain": plain, "stls": stls}

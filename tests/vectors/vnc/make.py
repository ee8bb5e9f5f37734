"""VNC by TigerVNC and vncsnapshot: no security, a password, a wrong one, TLS."""

from __future__ import annotations

import subprocess

from tests.lab import wait_for
from tests.vectors.scene import SERVER, Scene


def desktop(scene: Scene, *words: str) -> None:
    """A small desktop without a screen."""
    scene.server.start(
        "Xtigervnc",
        ":77",
        "-rfbport",
        "5901",
        "-geometry",
        "64x48",
        "-desktop",
        "the cellar",
        "-depth",
        "16",
        "-nolisten",
        "tcp",
        "-ac",
        *words,
    )
    wait_for(lambda: scene.server.listening(5901), what="Xtigervnc")


def password(scene: Scene, word: str) -> str:
    """A file with a password as VNC keeps it."""
    path = scene.folder / f"{word}.vnc"
    path.write_bytes(
        subprocess.run(("tigervncpasswd", "-f"), input=word.encode(), capture_output=True, check=True).stdout
    )
    return str(path)


def snapshot(scene: Scene, *words: str) -> None:
    """One picture of the desktop."""
    scene.client.run(
        "timeout",
        "5",
        "vncsnapshot",
        "-quiet",
        *words,
        f"{SERVER}::5901",
        f"{scene.folder}/shot.jpg",
        check=False,
    )


def open_desktop(scene: Scene) -> None:
    """No security at all."""
    desktop(scene, "-SecurityTypes", "None")
    snapshot(scene)


def with_password(scene: Scene) -> None:
    """The right password, and a wrong one."""
    desktop(scene, "-SecurityTypes", "VncAuth", "-PasswordFile", password(scene, "secret"))
    snapshot(scene, "-passwd", password(scene, "secret"))
    snapshot(scene, "-passwd", password(scene, "wrong"))


SCENARIOS = {"open": open_desktop, "password": with_password}

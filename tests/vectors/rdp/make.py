"""RDP by xrdp and FreeRDP: with TLS, and with RDP's own encryption."""

from __future__ import annotations

from pathlib import Path

from tests.lab import wait_for
from tests.vectors.scene import SERVER, Scene

CLIENT = (
    "env",
    "DISPLAY=:79",
    "timeout",
    "6",
    "xfreerdp",
    f"/v:{SERVER}",
    "/u:ada",
    "/p:secret",
    "/cert:ignore",
    "+auth-only",
    "/timeout:3000",
)


def server(scene: Scene, layer: str) -> None:
    """xrdp with one kind of security."""
    certificate, key = scene.certificate()
    text = Path("/etc/xrdp/xrdp.ini").read_text(encoding="utf-8")
    for name, value in (
        ("security_layer", layer),
        ("certificate", certificate),
        ("key_file", key),
        ("fork", "false"),
        ("LogFile", f"{scene.folder}/log"),
    ):
        lines = [f"{name}={value}" if line.startswith(f"{name}=") else line for line in text.split("\n")]
        text = "\n".join(lines)
    config = scene.folder / "xrdp.ini"
    config.write_text(text)
    scene.serve(3389, "xrdp", "-n", "-c", str(config))
    scene.client.start("Xvfb", ":79", "-screen", "0", "640x480x16", "-nolisten", "tcp")
    wait_for(lambda: Path("/tmp/.X11-unix/X79").exists(), what="Xvfb")


def tls(scene: Scene) -> None:
    """The client offers everything, the server takes TLS."""
    server(scene, "tls")
    scene.client.run(*CLIENT, "/sec:tls", check=False)


def classic(scene: Scene) -> None:
    """Both agree on RDP's own encryption."""
    server(scene, "rdp")
    scene.client.run(*CLIENT, "/sec:rdp", check=False)


SCENARIOS = {"tls": tls, "classic": classic}

"""TFTP by dnsmasq and curl: a file read with and without options, and one that is not there."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def dnsmasq(scene: Scene, *more: str) -> None:
    """A server with one small file."""
    (scene.folder / "boot").mkdir()
    (scene.folder / "boot" / "pxelinux.0").write_bytes(bytes(range(256)) * 5)
    (scene.folder / "boot").chmod(0o755)
    scene.serve(
        69,
        "dnsmasq",
        "-k",
        "-C",
        "/dev/null",
        "--port=0",
        "--user=root",
        "--pid-file=",
        "--enable-tftp",
        f"--tftp-root={scene.folder}/boot",
        *more,
        udp=True,
    )


def curl(scene: Scene, name: str, *more: str) -> None:
    """Read a file."""
    words = ("curl", "-s", "-m", "5", *more, "-o", "/dev/null", f"tftp://{SERVER}/{name}")
    scene.client.run(*words, check=False)


def boot(scene: Scene) -> None:
    """A server that answers from its own port throughout."""
    dnsmasq(scene, "--tftp-single-port")
    for name in ("pxelinux.0", "missing.cfg"):
        curl(scene, name)
    curl(scene, "pxelinux.0", "--tftp-no-options")


def ports(scene: Scene) -> None:
    """A server that sends each file from another port, as RFC 1350 has it."""
    dnsmasq(scene)
    curl(scene, "pxelinux.0")
    curl(scene, "missing.cfg")
    curl(scene, "pxelinux.0", "--tftp-no-options")


SCENARIOS = {"boot": boot, "ports": ports}

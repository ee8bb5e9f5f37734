"""TFTP by dnsmasq and curl: a file read with and without options, and one that is not there."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def boot(scene: Scene) -> None:
    """A server that answers from its own port throughout."""
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
        "--tftp-single-port",
        udp=True,
    )
    for name in ("pxelinux.0", "missing.cfg"):
        scene.client.run("curl", "-s", "-m", "5", "-o", "/dev/null", f"tftp://{SERVER}/{name}", check=False)
    scene.client.run(
        "curl", "-s", "-m", "5", "--tftp-no-options", "-o", "/dev/null", f"tftp://{SERVER}/pxelinux.0"
    )


SCENARIOS = {"boot": boot}

"""OpenVPN: a static network of two with tls-crypt, one with tls-auth over TCP, one without either."""

from __future__ import annotations

from tests.lab import run, wait_for
from tests.vectors.scene import SERVER, Scene

PORT = 1194


def _keys(scene: Scene) -> None:
    """An authority, a server's and a client's certificate, and a shared key."""
    place = str(scene.folder)
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    run("openssl", "req", "-x509", "-nodes", "-days", "30", *curve, "-keyout", f"{place}/ca.key", "-out",
        f"{place}/ca.pem", "-subj", "/CN=authority")  # fmt: skip
    for name in ("server", "client"):
        run("openssl", "req", "-nodes", *curve, "-keyout", f"{place}/{name}.key", "-out",
            f"{place}/{name}.csr", "-subj", f"/CN={name}")  # fmt: skip
        run("openssl", "x509", "-req", "-in", f"{place}/{name}.csr", "-CA", f"{place}/ca.pem", "-CAkey",
            f"{place}/ca.key", "-CAcreateserial", "-days", "30", "-out", f"{place}/{name}.pem")  # fmt: skip
    run("openvpn", "--genkey", "secret", f"{place}/shared.key")


def tunnel(scene: Scene, *words: str, tcp: bool = False) -> None:
    """Two ends until a ping has come through."""
    _keys(scene)
    place = str(scene.folder)
    tag = scene.lab.tag[-6:]

    def end(name: str, *more: str) -> tuple[str, ...]:
        return ("openvpn", "--dev", f"{name[0]}v{tag}", "--dev-type", "tun", "--ca", f"{place}/ca.pem",
                "--cert", f"{place}/{name}.pem", "--key", f"{place}/{name}.key", *more)  # fmt: skip

    over = ("tcp-server", "tcp-client") if tcp else ("udp", "udp")
    shared = [word.format(key=f"{place}/shared.key") for word in words]
    scene.serve(PORT, *end("server", "--tls-server", "--dh", "none", "--ifconfig", "10.8.0.1", "10.8.0.2",
                           "--port", str(PORT), "--proto", over[0], *shared), udp=not tcp)  # fmt: skip
    scene.client.start(*end("client", "--tls-client", "--nobind", "--ifconfig", "10.8.0.2", "10.8.0.1",
                            "--remote", SERVER, str(PORT), "--proto", over[1], *shared))  # fmt: skip
    wait_for(lambda: "1 received" in scene.client.run("ping", "-c", "1", "-W", "1", "10.8.0.1", check=False),
             seconds=20, what="the tunnel")  # fmt: skip


def plain(scene: Scene) -> None:
    """Nothing in front of TLS."""
    tunnel(scene)


def crypt(scene: Scene) -> None:
    """tls-crypt."""
    tunnel(scene, "--tls-crypt", "{key}")


def auth(scene: Scene) -> None:
    """tls-auth over TCP; each end uses both directions of the key."""
    tunnel(scene, "--tls-auth", "{key}", "--auth", "SHA256", tcp=True)


SCENARIOS = {"plain": plain, "crypt": crypt, "auth": auth}

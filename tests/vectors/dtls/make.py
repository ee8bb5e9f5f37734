"""DTLS by OpenSSL: 1.2 with a cookie, fragments and SRTP's extension; 1.0; a refusal."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

PORT = 4433


def server(scene: Scene, *words: str) -> None:
    """A server that echoes nothing."""
    certificate, secret = scene.certificate("dtls.example.com", key="rsa")
    scene.serve(PORT, "openssl", "s_server", "-port", str(PORT), "-cert", certificate, "-key", secret,
                "-quiet", *words, udp=True)  # fmt: skip


def client(scene: Scene, *words: str) -> None:
    """One connection that says a line and ends."""
    scene.client.run("timeout", "5", "sh", "-c", "(sleep 1; echo hello; sleep 0.5) | openssl s_client "
                     f"-connect {SERVER}:{PORT} {' '.join(words)}", check=False)  # fmt: skip


def version12(scene: Scene) -> None:
    """A cookie first, a certificate in fragments, a profile for media."""
    server(scene, "-dtls1_2", "-listen", "-mtu", "500", "-use_srtp", "SRTP_AES128_CM_SHA1_80")
    words = ("-servername", "dtls.example.com", "-use_srtp", "SRTP_AES128_CM_SHA1_80", "-alpn", "webrtc")
    client(scene, "-dtls1_2", *words)


def version10(scene: Scene) -> None:
    """What RFC 8996 withdrew."""
    server(scene, "-dtls1", "-cipher", "DEFAULT@SECLEVEL=0")
    client(scene, "-dtls1", "-cipher", "DEFAULT@SECLEVEL=0")


def refused(scene: Scene) -> None:
    """No cipher in common."""
    server(scene, "-dtls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384")
    client(scene, "-dtls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256")


SCENARIOS = {"version12": version12, "version10": version10, "refused": refused}

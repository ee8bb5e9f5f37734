"""TLS by openssl s_server and s_client: versions, groups, resumption, client certificates; curl with ALPN."""

from __future__ import annotations

import shutil

from tests.vectors.scene import SERVER, Scene

PORT = "8443"


def server(scene: Scene, *words: str, key: str = "ec") -> None:
    """An ``openssl s_server`` that answers any request with a status page."""
    certificate, secret = scene.certificate(key=key)
    scene.serve(int(PORT), "openssl", "s_server", "-accept", PORT, "-cert", certificate, "-key", secret,
                "-www", "-quiet", *words)  # fmt: skip


def client(scene: Scene, *words: str) -> None:
    """One handshake and a request."""
    request = scene.folder / "request"
    request.write_bytes(b"GET / HTTP/1.0\r\n\r\n")
    with request.open("rb") as stdin:
        scene.client.start("openssl", "s_client", "-connect", f"{SERVER}:{PORT}", "-servername",
                           "www.example.com", "-ign_eof", *words, stdin=stdin).wait(20)  # fmt: skip


def tls13(scene: Scene) -> None:
    """TLS 1.3: default, each group, a HelloRetryRequest, each suite, resumption with a ticket."""
    server(scene, "-groups", "X25519:P-256:P-384:P-521")
    client(scene)
    for group in ("X25519", "P-256", "P-384"):
        client(scene, "-groups", group)
    client(scene, "-groups", "X448:P-521")
    for suite in ("TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"):
        client(scene, "-ciphersuites", suite)
    ticket = str(scene.folder / "ticket")
    client(scene, "-sess_out", ticket)
    client(scene, "-sess_in", ticket)
    client(scene, "-noservername")


def tls12(scene: Scene) -> None:
    """TLS 1.2 with the certificate in clear: ECDHE and RSA, session resumption, ALPN, no match."""
    server(scene, "-alpn", "http/1.1", "-tls1_2", key="rsa")
    client(scene, "-tls1_2", "-alpn", "h2,http/1.1")
    client(scene, "-tls1_2", "-cipher", "AES256-GCM-SHA384")
    ticket = str(scene.folder / "ticket")
    client(scene, "-tls1_2", "-sess_out", ticket)
    client(scene, "-tls1_2", "-sess_in", ticket)
    client(scene, "-tls1_3")


def client_certificate(scene: Scene) -> None:
    """TLS 1.2 where the server asks for a certificate and gets one."""
    server(scene, "-Verify", "1", "-tls1_2")
    certificate, secret = scene.certificate("alice.example.com")
    client(scene, "-tls1_2", "-cert", certificate, "-key", secret)


def chromium(scene: Scene) -> None:
    """A browser's ClientHello: GREASE, a post-quantum key share over two segments, h2."""
    program = shutil.which("chromium")
    assert program, "chromium is not installed"
    server(scene)
    scene.client.start(
        program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--ignore-certificate-errors", "--host-resolver-rules=MAP * 10.77.0.2",
        f"--user-data-dir={scene.folder}/profile", "--timeout=8000", "--virtual-time-budget=4000",
        "--dump-dom", f"https://www.example.com:{PORT}/",
    ).wait(60)  # fmt: skip


SCENARIOS = {"tls13": tls13, "tls12": tls12, "client_certificate": client_certificate, "chromium": chromium}

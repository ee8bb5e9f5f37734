"""What risks are stated of, by real programs: as it should not be (risky), and as it should (ordinary)."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.lab import run
from tests.vectors.scene import SERVER, Scene

NAME = "www.example.com"
DAY = datetime.timedelta(days=1)
LONG, RANDOM = "a" * 60, "x7k2q9vb4mz8w1rt6yp3hj5nd0fg"
PIECES = """
import socket, time
s = socket.create_connection(("{host}", {port}))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for piece in ({pieces}):
    s.sendall(piece)
    time.sleep(0.05)
s.recv(100)
"""


def certificate(
    folder: Path, key: Any, host: str, days: tuple[int, int], signer: Any = None
) -> tuple[str, str]:
    """One made out for ``host``, valid from and to so many days from now; by its own key or ``signer``."""
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example CA")]) if signer else subject
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(signer or key, hashes.SHA256())
    )
    paths = str(folder / f"{host}{days[0]}.pem"), str(folder / f"{host}{days[0]}.key")
    Path(paths[0]).write_bytes(made.public_bytes(serialization.Encoding.PEM))
    Path(paths[1]).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


def signed_weakly(scene: Scene, authority: Any, digest: str) -> tuple[str, str]:
    """One that openssl signs with a digest that nobody should take any more."""
    folder = scene.folder
    signer, request = folder / "authority.key", folder / f"{digest}.csr"
    kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    signer.write_bytes(authority.private_bytes(*kind))
    paths = str(folder / f"{digest}.pem"), str(folder / f"{digest}.key")
    run("openssl", "req", "-x509", "-key", str(signer), "-subj", "/CN=Example CA", "-out", f"{signer}.pem")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
        f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", paths[1], "-out",
        str(request))  # fmt: skip
    run("openssl", "x509", "-req", f"-{digest}", "-in", str(request), "-CA", f"{signer}.pem", "-CAkey",
        str(signer), "-CAcreateserial", "-copy_extensions", "copy", "-days", "30", "-out",
        paths[0])  # fmt: skip
    return paths


def tls(scene: Scene, port: int, paths: tuple[str, str], cipher: str, *, name: bool = True) -> None:
    """One handshake of TLS 1.2."""
    scene.serve(port, "openssl", "s_server", "-accept", str(port), "-cert", paths[0], "-key", paths[1],
                "-quiet", "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")  # fmt: skip
    words = ("-servername", NAME) if name else ("-noservername",)
    scene.client.run("timeout", "3", "openssl", "s_client", "-connect", f"{SERVER}:{port}", "-tls1_2",
                     "-cipher", f"{cipher}:@SECLEVEL=0", *words, check=False)  # fmt: skip


def names(scene: Scene, *asked: tuple[str, str]) -> None:
    """Questions to dnsmasq, which knows everything."""
    scene.serve(53, "dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--user=root", "--pid-file=",
                "--address=/example.com/192.0.2.7", udp=True)  # fmt: skip
    for name, kind in asked:
        scene.client.run("dig", "+tries=1", "+time=2", f"@{SERVER}", name, kind, check=False)


def ask(scene: Scene, port: int, *pieces: bytes) -> None:
    """A request of HTTP, in pieces."""
    scene.serve(port, sys.executable, "-m", "http.server", str(port), "--bind", SERVER)
    code = PIECES.format(host=SERVER, port=port, pieces=", ".join(map(repr, pieces)) + ",")
    scene.client.run("timeout", "5", sys.executable, "-c", code, check=False)


def risky(scene: Scene) -> None:
    """Each certificate, suite, name and greeting as it should not be, on a port of its own."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    good = "AES256-GCM-SHA384"
    tls(scene, 443, certificate(scene.folder, weak, NAME, (-30, -10)), good)
    tls(
        scene, 8443, certificate(scene.folder, weak, "other.example.com", (10, 30)), "NULL-SHA256", name=False
    )
    other = certificate(
        scene.folder, ec.generate_private_key(ec.SECP256R1()), "elsewhere.example.com", (-1, 9)
    )
    tls(scene, 9443, other, "ECDHE-ECDSA-AES128-GCM-SHA256")
    names(scene, (f"{LONG}.example.com", "A"), (f"{RANDOM}.example.com", "A"), ("t.example.com", "NULL"))
    ask(scene, 8080, b"G", b"ET / HTTP/1.0\r\n\r\n")
    ask(scene, 8000, b"GET / HTTP/1.0\r\nno colon in it\r\n\r\n")
    scene.serve(4444, sys.executable, "-m", "http.server", "4444", "--bind", SERVER)
    scene.client.run("curl", "-s", "-o", "/dev/null", "-u", "alice:wonderland", f"http://{SERVER}:4444/")


def certificates(scene: Scene) -> None:
    """One that is good, then each fault of one by itself, on a port of its own."""
    authority = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = [ec.generate_private_key(ec.SECP256R1()) for _ in range(5)]
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    folder, days = scene.folder, (-10, 30)
    shown = {
        4430: certificate(folder, curve[0], NAME, days, authority),
        4431: certificate(folder, curve[1], NAME, (-30, -10), authority),
        4432: certificate(folder, curve[2], NAME, (10, 30), authority),
        4433: certificate(folder, curve[3], NAME, (-1, 30)),
        4434: certificate(folder, curve[4], "elsewhere.example.com", days, authority),
        4435: certificate(folder, weak, NAME, (-9, 30), authority),
        4436: signed_weakly(scene, authority, "sha1"),
        4437: signed_weakly(scene, authority, "md5"),
    }
    for port, paths in shown.items():
        tls(scene, port, paths, "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")


def ordinary(scene: Scene) -> None:
    """The same programs, with nothing to say of them."""
    authority = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())
    paths = certificate(scene.folder, key, NAME, (-10, 30), authority)
    tls(scene, 443, paths, "ECDHE-ECDSA-AES128-GCM-SHA256")
    names(scene, (NAME, "A"), ("mail.example.com", "TXT"), ("a-long-but-readable-host-name.example.com", "A"))
    ask(scene, 8080, b"GET / HTTP/1.0\r\n\r\n")
    scene.serve(8000, sys.executable, "-m", "http.server", "8000", "--bind", SERVER)
    scene.client.run("curl", "-s", "-o", "/dev/null", f"http://{SERVER}:8000/")


SCENARIOS = {"risky": risky, "certificates": certificates, "ordinary": ordinary}

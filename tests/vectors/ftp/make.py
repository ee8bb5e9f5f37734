"""FTP by vsftpd and curl: passive and active, up and down, AUTH TLS."""

from __future__ import annotations

from tests.vectors.scene import CLIENT, SERVER, SERVER6, Scene

CONFIGURATION = """
listen=NO
listen_ipv6=YES
background=NO
anonymous_enable=YES
anon_upload_enable=YES
write_enable=YES
anon_root={folder}/files
local_enable=NO
secure_chroot_dir={folder}/empty
ssl_enable={tls}
allow_anon_ssl=YES
rsa_cert_file={certificate}
rsa_private_key_file={secret}
require_ssl_reuse=NO
seccomp_sandbox=NO
"""


def vsftpd(scene: Scene, *, tls: bool = False) -> None:
    """A server for anonymous users with one small file."""
    certificate, secret = scene.certificate("ftp.example.com")
    for name in ("files", "files/in", "empty"):
        (scene.folder / name).mkdir()
    (scene.folder / "files/in").chmod(0o777)
    (scene.folder / "files/read.me").write_text("hello\n")
    path = scene.folder / "vsftpd.conf"
    yes = "YES" if tls else "NO"
    path.write_text(
        CONFIGURATION.format(folder=scene.folder, tls=yes, certificate=certificate, secret=secret)
    )
    scene.serve(21, "vsftpd", str(path))


def curl(scene: Scene, *words: str) -> None:
    """One quiet curl call."""
    scene.client.run("curl", "-sk", "--max-time", "10", *words, check=False)


def plain(scene: Scene) -> None:
    """A download by EPSV, one by PASV, an upload by EPRT, a list over IPv6, a login that fails."""
    vsftpd(scene)
    curl(scene, f"ftp://{SERVER}/read.me")
    curl(scene, "--disable-epsv", f"ftp://{SERVER}/missing")
    curl(scene, "-P", CLIENT, "-T", str(scene.folder / "files/read.me"), f"ftp://{SERVER}/in/")
    curl(scene, "-g", f"ftp://[{SERVER6}]/")
    curl(scene, "-u", "alice:wonderland", f"ftp://{SERVER}/")


def tls(scene: Scene) -> None:
    """AUTH TLS, then a size; no data connection."""
    vsftpd(scene, tls=True)
    curl(scene, "-I", "--ssl-reqd", f"ftp://{SERVER}/read.me")


SCENARIOS = {"plain": plain, "tls": tls}

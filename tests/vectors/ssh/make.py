"""SSH by OpenSSH: a login by key, one that is refused, two kinds of cipher."""

from __future__ import annotations

from tests.lab import run
from tests.vectors.scene import SERVER, Scene


def server(scene: Scene, *words: str) -> None:
    """An sshd that takes one key, and no password."""
    for name in ("host", "known", "stranger"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "vectors", "-f", str(scene.folder / name))
    run("mkdir", "-p", "/run/sshd")
    options = ("UsePAM=no", "PermitRootLogin=yes", "StrictModes=no", "PasswordAuthentication=yes",
               f"AuthorizedKeysFile={scene.folder}/known.pub", "PidFile=none", *words)  # fmt: skip
    scene.serve(22, "/usr/sbin/sshd", "-D", "-f", "/dev/null", "-h", str(scene.folder / "host"),
                *(word for option in options for word in ("-o", option)))  # fmt: skip


def client(scene: Scene, key: str, *words: str) -> None:
    """One command by ssh."""
    options = ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null",
               "IdentitiesOnly=yes", *words)  # fmt: skip
    flags = [word for option in options for word in ("-o", option)]
    scene.client.run("ssh", "-F", "none", "-i", str(scene.folder / key), *flags, f"root@{SERVER}", "true",
                     check=False)  # fmt: skip


def login(scene: Scene) -> None:
    """The defaults, with the right key; then with AES-GCM."""
    server(scene)
    client(scene, "known")
    client(
        scene, "known", "Ciphers=aes128-gcm@openssh.com", "KexAlgorithms=diffie-hellman-group-exchange-sha256"
    )


def refused(scene: Scene) -> None:
    """A key that the server does not know; a cipher with a MAC of its own."""
    server(scene)
    client(scene, "stranger")
    client(scene, "stranger", "Ciphers=aes256-ctr", "MACs=hmac-sha2-256-etm@openssh.com")


SCENARIOS = {"login": login, "refused": refused}

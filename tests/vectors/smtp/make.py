"""SMTP by aiosmtpd, swaks and curl: a mail in clear with a login, one behind STARTTLS."""

from __future__ import annotations

import sys

from tests.vectors.scene import SERVER, Scene

PORT = 587


def server(scene: Scene) -> None:
    """A server that takes every mail and one login."""
    certificate, secret = scene.certificate("mail.example.com")
    scene.serve(PORT, sys.executable, "-m", "tests.vectors.smtp.peer", str(PORT), certificate, secret)


def swaks(scene: Scene, *words: str) -> None:
    """One mail."""
    scene.client.run("swaks", "--server", f"{SERVER}:{PORT}", "--ehlo", "client.example.org", "--from",
                     "alice@example.org", "--to", "bob@example.com", "--body", "hello\n.\nbob", *words,
                     check=False)  # fmt: skip


def plain(scene: Scene) -> None:
    """A login in clear, a mail; a login that fails."""
    server(scene)
    swaks(scene, "--auth", "PLAIN", "--auth-user", "alice", "--auth-password", "wonderland")
    swaks(scene, "--auth", "LOGIN", "--auth-user", "alice", "--auth-password", "wrong")


def starttls(scene: Scene) -> None:
    """A mail behind STARTTLS, by curl."""
    server(scene)
    mail = scene.folder / "mail.txt"
    mail.write_text("Subject: two\r\n\r\nSecond.\r\n")
    scene.client.run("curl", "-sk", "--ssl-reqd", "--mail-from", "alice@example.org", "--mail-rcpt",
                     "bob@example.com", "-T", str(mail), f"smtp://{SERVER}:{PORT}/", check=False)  # fmt: skip


SCENARIOS = {"plain": plain, "starttls": starttls}

"""IMAP by Dovecot and curl."""

from __future__ import annotations

from tests.vectors import dovecot
from tests.vectors.scene import SERVER, Scene


def curl(scene: Scene, *words: str, user: str = "alice:wonderland") -> None:
    """One quiet curl call."""
    scene.client.run("curl", "-sk", "--max-time", "10", "-u", user, *words, check=False)


def plain(scene: Scene) -> None:
    """A login in clear, a mail fetched and one appended; a login that fails."""
    dovecot.serve(scene, 143)
    mail = scene.folder / "mail.txt"
    mail.write_text("Subject: two\r\n\r\nSecond.\r\n")
    curl(scene, f"imap://{SERVER}/INBOX;MAILINDEX=1")
    curl(scene, "-T", str(mail), f"imap://{SERVER}/INBOX")
    curl(scene, f"imap://{SERVER}/", "--login-options", "AUTH=PLAIN")
    curl(scene, f"imap://{SERVER}/", user="alice:wrong")


def starttls(scene: Scene) -> None:
    """The same behind STARTTLS."""
    dovecot.serve(scene, 143)
    curl(scene, "--ssl-reqd", f"imap://{SERVER}/")


SCENARIOS = {"plain": plain, "starttls": starttls}

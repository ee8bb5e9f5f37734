"""Dovecot for the captures of IMAP and POP3: one user, one mail, TLS by STARTTLS."""

from __future__ import annotations

import os

from tests.vectors.scene import Scene

CONFIGURATION = """
protocols = imap pop3
base_dir = {folder}/run
state_dir = {folder}/run
log_path = /dev/null
mail_location = mbox:{folder}/mail:INBOX={folder}/inbox
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{secret}
disable_plaintext_auth = no
auth_mechanisms = plain login
first_valid_uid = 0
first_valid_gid = 0
passdb {{
  driver = static
  args = password=wonderland
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}/home
}}
"""
NOBODY = 65534  # Dovecot refuses mail to root
MAIL = (
    "From alice@example.org Thu Jan  1 00:00:00 2026\nFrom: alice@example.org\nSubject: hello\n\nA mail.\n\n"
)


def serve(scene: Scene, port: int) -> None:
    """Start it and wait for one of its ports."""
    certificate, secret = scene.certificate("mail.example.com")
    for name in ("run", "mail", "home"):
        (scene.folder / name).mkdir()
    (scene.folder / "inbox").write_text(MAIL)
    for name in ("mail", "home", "inbox", "."):
        os.chown(scene.folder / name, NOBODY, NOBODY)
    path = scene.folder / "dovecot.conf"
    path.write_text(CONFIGURATION.format(folder=scene.folder, certificate=certificate, secret=secret))
    scene.serve(port, "dovecot", "-F", "-c", str(path))

"""IRC by ngIRCd and a client by hand: a login, a channel, a password in clear."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

CONFIGURATION = """
[Global]
Name = irc.example.net
Info = vectors
Listen = 0.0.0.0
Password = wonderland
[Options]
Ident = no
DNS = no
PAM = no
[Limits]
PingTimeout = 30
"""
LINES = (b"PASS wonderland", b"NICK alice", b"USER alice 0 * :Alice Liddell", b"JOIN #tea",
         b"PRIVMSG #tea :hello all", b"WHOIS alice", b"QUIT :bye")  # fmt: skip


def session(scene: Scene) -> None:
    """One user from login to leave."""
    path = scene.folder / "ngircd.conf"
    path.write_text(CONFIGURATION)
    path.chmod(0o644)
    scene.serve(6667, "ngircd", "-n", "-f", str(path))
    connection = scene.client.socket()
    connection.settimeout(5)
    connection.connect((SERVER, 6667))
    for line in LINES:
        connection.sendall(line + b"\r\n")
    while connection.recv(65536):
        pass
    connection.close()


SCENARIOS = {"session": session}

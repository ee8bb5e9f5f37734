"""SMB by Samba: files read, written, renamed and deleted; a wrong password; old versions; encryption."""

from __future__ import annotations

import subprocess

from tests.vectors.nbns.make import settings
from tests.vectors.scene import SERVER, Scene

SHARES = """passdb backend = tdbsam:{folder}/passdb.tdb
server min protocol = NT1
ntlm auth = yes
load printers = no
[files]
path = {folder}/files
read only = no
"""


def server(scene: Scene) -> None:
    """smbd with one share and one user, whose name is the system's root."""
    files = scene.folder / "files"
    files.mkdir()
    (files / "report.txt").write_text("figures of the year\n" * 10)
    config = settings(scene, SHARES.format(folder=scene.folder))
    subprocess.run(("smbpasswd", "-c", config, "-s", "-a", "root"), input=b"secret\nsecret\n", check=True)
    scene.serve(445, "smbd", "-F", "-s", config)


def client(scene: Scene, commands: str, *words: str, password: str = "secret") -> None:
    """One smbclient session."""
    scene.client.run(
        "smbclient",
        "-s",
        "/dev/null",
        f"//{SERVER}/files",
        "-U",
        f"OFFICE/root%{password}",
        "-c",
        commands,
        *words,
        check=False,
    )


def files(scene: Scene) -> None:
    """Version 3: read, write, rename, delete, a file that is not there; a wrong password."""
    server(scene)
    copy = scene.folder / "copy"
    note = scene.folder / "note"
    note.write_text("a note\n")
    client(
        scene,
        f"get report.txt {copy}; put {note} note.txt; rename note.txt kept.txt; del kept.txt; get none.txt",
    )
    client(scene, "ls", password="wrong")


def old(scene: Scene) -> None:
    """Version 1 to the port of NetBIOS sessions, and version 2.1."""
    server(scene)
    copy = scene.folder / "copy"
    client(scene, f"get report.txt {copy}", "-m", "NT1", "--option=client min protocol=NT1", "-p", "139")
    client(scene, f"get report.txt {copy}", "-m", "SMB2_10")


def encrypted(scene: Scene) -> None:
    """Version 3 with everything behind the login encrypted."""
    server(scene)
    client(scene, "ls", "--client-protection=encrypt")


def pipes(scene: Scene) -> None:
    """Remote calls through named pipes: who has an account, which shares there are."""
    server(scene)
    for commands in ("enumdomusers", "netshareenum"):
        words = ("rpcclient", "-s", "/dev/null", "-U", "OFFICE/root%secret", SERVER, "-c", commands)
        scene.client.run(*words, check=False)


SCENARIOS = {"pipes": pipes, "files": files, "old": old, "encrypted": encrypted}

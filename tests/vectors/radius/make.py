"""RADIUS by FreeRADIUS and radclient: let in, refused, challenged, accounted for."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.vectors.scene import SERVER, Scene

CLIENT = (
    "client lab {{\n ipaddr = 10.77.0.0/24\n secret = {secret}\n require_message_authenticator = no\n}}\n"
)
USER = 'ada Cleartext-Password := "secret"\n Reply-Message := "Hello, ada", Framed-IP-Address := 192.0.2.7\n'
SECRET = "shared-by-both"


def access(scene: Scene) -> None:
    """PAP, CHAP, a wrong password, a session's start and stop."""
    folder = scene.folder / "raddb"
    shutil.copytree("/etc/freeradius/3.0", folder, symlinks=False)
    (folder / "clients.conf").write_text(CLIENT.format(secret=SECRET))
    (folder / "mods-config" / "files" / "authorize").write_text(USER)
    for path in (folder / "sites-enabled" / "inner-tunnel", folder / "mods-enabled" / "eap"):
        path.unlink(missing_ok=True)
    site = folder / "sites-enabled" / "default"
    text = site.read_text()
    site.unlink()
    site.write_text(
        "\n".join("" if "eap" in line and "{" not in line else line for line in text.split("\n")).replace(
            "eap {\n\t\tok = return", "group {\n\t\tok = return"
        )
    )
    for path in Path(folder).rglob("*"):
        path.chmod(0o755)
    settings = folder / "radiusd.conf"
    settings.write_text(
        settings.read_text()
        .replace("user = freerad", "user = root")
        .replace("group = freerad", "group = root")
    )
    scene.serve(1812, "freeradius", "-f", "-l", "stdout", "-d", str(folder), udp=True)
    for words in (
        "User-Name=ada,User-Password=secret,NAS-Identifier=switch7,Calling-Station-Id=02-00-00-00-00-01",
        "User-Name=ada,CHAP-Password=secret,NAS-IP-Address=10.77.0.1,NAS-Port-Type=Ethernet",
        "User-Name=ada,User-Password=wrong,NAS-IP-Address=10.77.0.1,Service-Type=Login-User",
    ):
        send(scene, "1812", "auth", words)
    for words in (
        "Acct-Status-Type=Start,Acct-Session-Id=7,User-Name=ada,NAS-Identifier=switch7",
        "Acct-Status-Type=Stop,Acct-Session-Id=7,User-Name=ada,NAS-Identifier=switch7,"
        "Acct-Session-Time=60,Acct-Input-Octets=1000,Acct-Output-Octets=2000,"
        "Acct-Output-Gigawords=1,Acct-Terminate-Cause=User-Request",
    ):
        send(scene, "1813", "acct", words)


def send(scene: Scene, port: str, kind: str, attributes: str) -> None:
    """One request by radclient."""
    scene.client.run(
        "sh", "-c", f"echo '{attributes}' | radclient -t 3 -r 1 {SERVER}:{port} {kind} {SECRET}", check=False
    )


SCENARIOS = {"access": access}

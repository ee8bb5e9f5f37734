"""Kerberos by MIT's krb5kdc: tickets over UDP and TCP, an unknown user, a wrong password, a service."""

from __future__ import annotations

from tests.lab import run
from tests.vectors.scene import SERVER, Scene

CLIENT = """[libdefaults]
default_realm = EXAMPLE.COM
dns_lookup_kdc = false
rdns = false
udp_preference_limit = {limit}
[realms]
EXAMPLE.COM = {{
 kdc = {server}
}}
"""
KDC = """[kdcdefaults]
kdc_ports = 88
kdc_tcp_ports = 88
[realms]
EXAMPLE.COM = {{
 database_name = {folder}/principal
 key_stash_file = {folder}/stash
 acl_file = {folder}/acl
 max_life = 1h
 default_principal_flags = +preauth
}}
"""


def tickets(scene: Scene) -> None:
    """Every kind of answer."""
    folder = scene.folder
    (folder / "krb5.conf").write_text(CLIENT.format(limit=1465, server=SERVER))
    (folder / "tcp.conf").write_text(CLIENT.format(limit=1, server=SERVER))
    (folder / "kdc.conf").write_text(KDC.format(folder=folder))
    settings = ("env", f"KRB5_CONFIG={folder}/krb5.conf", f"KRB5_KDC_PROFILE={folder}/kdc.conf")
    run(*settings, "kdb5_util", "create", "-s", "-P", "master", "-r", "EXAMPLE.COM")
    for words in ("addprinc -pw secret ada", "addprinc -randkey host/www.example.com"):
        run(*settings, "kadmin.local", "-q", words)
    scene.serve(88, *settings, "krb5kdc", "-n", "-P", f"{folder}/pid", udp=True)
    for config, user, password in (
        ("krb5", "ada", "secret"),
        ("tcp", "ada", "secret"),
        ("krb5", "nobody", "x"),
        ("krb5", "ada", "wrong"),
    ):
        client = ("env", f"KRB5_CONFIG={folder}/{config}.conf", f"KRB5CCNAME=FILE:{folder}/cache", "sh", "-c")
        scene.client.run(
            *client, f"echo {password} | kinit {user}@EXAMPLE.COM && kvno host/www.example.com", check=False
        )


SCENARIOS = {"tickets": tickets}

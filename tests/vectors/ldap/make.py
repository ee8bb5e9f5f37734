"""LDAP by slapd and ldap-utils: binds, searches, changes, refusals, STARTTLS."""

from __future__ import annotations

from tests.lab import run
from tests.vectors.scene import SERVER, Scene

CONFIG = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
suffix "dc=example,dc=com"
rootdn "cn=admin,dc=example,dc=com"
rootpw the-admin-password
directory {folder}/data
"""
ENTRIES = """dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: cn=Ada Lovelace,dc=example,dc=com
objectClass: inetOrgPerson
cn: Ada Lovelace
sn: Lovelace
mail: ada@example.com
"""
CHANGE = """dn: cn=Ada Lovelace,dc=example,dc=com
changetype: modify
replace: mail
mail: lovelace@example.com
"""
ADMIN = "cn=admin,dc=example,dc=com"


def directory(scene: Scene) -> None:
    """slapd with one organisation and one person."""
    certificate, key = scene.certificate()
    (scene.folder / "data").mkdir()
    config = scene.folder / "slapd.conf"
    config.write_text(CONFIG.format(folder=scene.folder, certificate=certificate, key=key))
    entries = scene.folder / "entries.ldif"
    entries.write_text(ENTRIES)
    run("slapadd", "-f", str(config), "-l", str(entries))
    scene.serve(389, "slapd", "-d", "0", "-f", str(config), "-h", "ldap://0.0.0.0:389")


def ordinary(scene: Scene) -> None:
    """A bind, a search with a filter, a change, an entry that is not there, a wrong password."""
    directory(scene)
    words = ("-x", "-H", f"ldap://{SERVER}", "-D", ADMIN, "-w", "the-admin-password")
    scene.client.run(
        "ldapsearch",
        *words,
        "-b",
        "dc=example,dc=com",
        "(&(objectClass=person)(|(cn=Ada*)(!(sn=x))))",
        "cn",
        "mail",
    )
    change = scene.folder / "change.ldif"
    change.write_text(CHANGE)
    scene.client.run("ldapmodify", *words, "-f", str(change))
    scene.client.run("ldapdelete", *words, "cn=Nobody,dc=example,dc=com", check=False)
    scene.client.run("ldapsearch", *words[:-1], "wrong-password", check=False)
    scene.client.run("ldapwhoami", "-x", "-H", f"ldap://{SERVER}")


def starttls(scene: Scene) -> None:
    """The same server, in the clear only as far as STARTTLS."""
    directory(scene)
    scene.client.run(
        "env",
        "LDAPTLS_REQCERT=never",
        "ldapwhoami",
        "-ZZ",
        "-x",
        "-H",
        f"ldap://{SERVER}",
        "-D",
        ADMIN,
        "-w",
        "the-admin-password",
    )


SCENARIOS = {"ordinary": ordinary, "starttls": starttls}

"""SNMP by net-snmp: every version, reads, a table in bulk, a refused write, wrong names, a trap."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

CONFIG = """agentAddress udp:161
rocommunity public-in-clear
createUser reader SHA "authentication" AES "privacy-pass"
rouser reader auth
sysLocation the cellar
sysContact root
"""
SYSTEM = "1.3.6.1.2.1.1"


def versions(scene: Scene) -> None:
    """Requests of v1, v2c and v3."""
    config = scene.folder / "snmpd.conf"
    config.write_text(CONFIG)
    (scene.folder / "state").mkdir()
    scene.serve(
        161,
        "env",
        f"SNMP_PERSISTENT_DIR={scene.folder}/state",
        "snmpd",
        "-f",
        "-C",
        "-c",
        str(config),
        "-Lo",
        "-I",
        "-smux",
        udp=True,
    )
    scene.serve(162, "nc", "-k", "-u", "-l", "162", udp=True)
    for version in ("1", "2c"):
        words = ("-On", "-v", version, "-c", "public-in-clear", SERVER)
        scene.client.run("snmpget", *words, f"{SYSTEM}.5.0", f"{SYSTEM}.6.0", check=False)
    asked = ("-On", "-v2c", "-c", "public-in-clear", SERVER)
    scene.client.run("snmpbulkget", "-Cn0", "-Cr3", *asked, SYSTEM, check=False)
    scene.client.run("snmpset", *asked, f"{SYSTEM}.6.0", "s", "elsewhere", check=False)
    scene.client.run("snmpget", *asked, "1.3.6.1.2.1.99.9", check=False)
    scene.client.run(
        "snmptrap",
        "-v2c",
        "-c",
        "public-in-clear",
        f"{SERVER}:162",
        "42",
        "1.3.6.1.6.3.1.1.5.3",
        "1.3.6.1.2.1.2.2.1.1.1",
        "i",
        "1",
        check=False,
    )
    scene.client.run(
        "snmptrap",
        "-v1",
        "-c",
        "public-in-clear",
        f"{SERVER}:162",
        "1.3.6.1.4.1.8072.9999",
        "192.0.2.1",
        "2",
        "0",
        "7",
        check=False,
    )
    for level in ("authNoPriv", "authPriv"):
        scene.client.run(
            "snmpget",
            "-v3",
            "-u",
            "reader",
            "-l",
            level,
            "-a",
            "SHA",
            "-A",
            "authentication",
            "-x",
            "AES",
            "-X",
            "privacy-pass",
            SERVER,
            f"{SYSTEM}.5.0",
            check=False,
        )


SCENARIOS = {"versions": versions}

"""IKE by strongSwan's daemon, asked by ike-scan in both versions."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import CLIENT, SERVER, Scene

CONFIGURATION = """
conn one
  left={server}
  right={client}
  authby=secret
  keyexchange=ike
  ike=3des-sha1-modp1024!
  auto=add
"""


def scanned(scene: Scene) -> None:
    """Main mode; aggressive mode, which is refused; IKE_SA_INIT of version 2."""
    path = scene.folder / "ipsec.conf"
    path.write_text(CONFIGURATION.format(server=SERVER, client=CLIENT))
    scene.serve(500, "/usr/lib/ipsec/starter", "--nofork", "--conf", str(path), udp=True)
    known = ("ipsec", "statusall")
    wait_for(lambda: "one:" in scene.server.run(*known, check=False), what="the connection")
    for words in ((), ("--aggressive", "--id=road"), ("--ikev2",)):
        scene.client.run("timeout", "10", "ike-scan", *words, SERVER, check=False)


SCENARIOS = {"scanned": scanned}

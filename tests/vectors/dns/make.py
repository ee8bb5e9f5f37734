"""DNS by dnsmasq and dig, over UDP and TCP, both families."""

from __future__ import annotations

from tests.vectors.scene import SERVER, SERVER6, Scene

RECORDS = (
    "--host-record=www.example.com,192.0.2.80,2001:db8::80",
    "--cname=shop.example.com,www.example.com",
    "--mx-host=example.com,mail.example.com,10",
    "--txt-record=example.com,v=spf1 -all,second string",
    "--srv-host=_sip._tcp.example.com,sip.example.com,5060,1,2",
    "--ptr-record=80.2.0.192.in-addr.arpa,www.example.com",
    "--caa-record=example.com,0,issue,ca.example",
)
QUESTIONS = (
    ("www.example.com", "A"),
    ("www.example.com", "AAAA"),
    ("shop.example.com", "A"),
    ("example.com", "MX"),
    ("example.com", "TXT"),
    ("_sip._tcp.example.com", "SRV"),
    ("example.com", "CAA"),
    ("nowhere.example.com", "A"),
    ("\\195\\164.example.com", "A"),
)


def dnsmasq(scene: Scene) -> None:
    """A resolver that knows example.com and nothing else."""
    scene.serve(53, "dnsmasq", "-k", "-C", "/dev/null", "--no-resolv", "--no-hosts", "--local=/example.com/",
                "--user=root", "--pid-file=", *RECORDS, udp=True)  # fmt: skip


def dig(scene: Scene, *words: str) -> None:
    """One dig call with short patience."""
    scene.client.run("dig", "+time=2", "+tries=1", *words, check=False)


def udp(scene: Scene) -> None:
    """Every type once, EDNS on, one by IPv6, one refused, one client with many questions."""
    dnsmasq(scene)
    for name, kind in QUESTIONS:
        dig(scene, f"@{SERVER}", name, kind)
    dig(scene, f"@{SERVER6}", "www.example.com", "A")
    dig(scene, f"@{SERVER}", "-x", "192.0.2.80")
    dig(scene, f"@{SERVER}", "other.test", "A")
    dig(scene, f"@{SERVER}", "+noedns", "www.example.com", "ANY")


def tcp(scene: Scene) -> None:
    """The same over TCP, several questions on one connection included."""
    dnsmasq(scene)
    dig(scene, f"@{SERVER}", "+tcp", "+keepopen", "www.example.com", "A", "example.com", "TXT")
    dig(scene, f"@{SERVER6}", "+tcp", "shop.example.com", "AAAA")


SCENARIOS = {"udp": udp, "tcp": tcp}

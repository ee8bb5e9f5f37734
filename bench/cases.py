"""Made traffic for detectors: what each must find, and what such detectors trip over.

Content networks, polling, resolvers, old passwords, backups are among the harmless. All sizes, paces, jitters
and answers are drawn.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.detect.made import START, flow, process, program

from procwire.detect.contract import SECOND
from procwire.dpi.protocols.arp import ArpMessage
from procwire.dpi.protocols.dhcp import DhcpMessage
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.dpi.protocols.ftp import FtpExchange
from procwire.dpi.protocols.ssh import SshLogin
from procwire.dpi.wire.ndp_message import NdpMessage
from procwire.model.streams import Direction

Event = tuple[float, Any, Any]  # seconds, flow, observation or None
Case = Callable[[random.Random], Iterator[Event]]
ABROAD = "93.184.{}.{}"


def flows(*made: Any) -> Iterator[Event]:
    """Flows alone."""
    for one in made:
        yield (one.first - START) / SECOND, one, None


def crawler(draw: random.Random) -> Iterator[Event]:
    """Many hosts, nearly all of which answer."""
    for at in range(draw.randint(50, 400)):
        address = ABROAD.format(draw.randint(0, 255), draw.randint(1, 254))
        yield from flows(flow(address, draw.choice([80, 443]), at=at / 5, answered=draw.random() > 0.15))


def flood(draw: random.Random) -> Iterator[Event]:
    """Hundreds of half-open connections a second."""
    for at in range(draw.randint(300, 2000)):
        source = f"198.51.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
        yield from flows(
            flow("10.0.0.9", 443, at=at / draw.uniform(90, 110), src=source, answered=draw.random() < 0.05)
        )


def rush(draw: random.Random) -> Iterator[Event]:
    """A busy server: one in five connections is lost."""
    for at in range(draw.randint(300, 2000)):
        yield from flows(flow("10.0.0.9", 443, at=at / 100, answered=draw.random() > 0.2))


def beacon(draw: random.Random) -> Iterator[Event]:
    """A call every second to every hour, jitter up to a fifth, one in twenty missed."""
    every, jitter, size, at = draw.uniform(2, 3600), draw.uniform(0, 0.2), draw.randint(80, 4000), 0.0
    for _ in range(draw.randint(20, 120)):
        at += every * (1 + draw.uniform(-jitter, jitter))
        if draw.random() > 0.05:
            yield from flows(flow(at=at, payload_out=round(size * (1 + draw.uniform(-0.05, 0.05)))))


def browser(draw: random.Random) -> Iterator[Event]:
    """Visits with pauses, sizes over three orders."""
    at = 0.0
    for _ in range(draw.randint(30, 300)):
        at += draw.expovariate(1 / draw.choice([2, 30, 300]))
        yield from flows(flow(at=at, payload_out=round(draw.lognormvariate(6, 1.2))))


def query(at: float, name: str, kind: str) -> Event:
    """One question."""
    asked = DnsQuery(
        time=0,
        side=Direction.OUT,
        ident=1,
        opcode="query",
        query=name,
        query_type=kind,
        query_class="in",
        size_bytes=60,
    )
    return at, flow(port=53, proto=17, at=at), asked


def tunnel(draw: random.Random) -> Iterator[Event]:
    """Data in names, 20 to 100 bytes each."""
    kind, size = draw.choice(["NULL", "TXT", "CNAME", "A", "AAAA"]), draw.randint(20, 100)
    for at in range(draw.randint(80, 400)):
        data = base64.b32encode(draw.randbytes(size)).decode().lower().rstrip("=")
        labels = ".".join(data[start : start + 60] for start in range(0, len(data), 60))
        yield query(at / 5, f"{labels}.t.example.net", kind)


def names(draw: random.Random) -> Iterator[Event]:
    """A content network's numbered hosts, and ordinary look-ups."""
    words = ["www", "img", "static", "api", "edge", "node", "mail", "eu-west-1", "assets"]
    for at in range(draw.randint(80, 400)):
        host = f"{draw.choice(words)}-{draw.randint(1, 500)}.{draw.choice(['cdn', 'lb', 'k8s'])}"
        yield query(
            at / 5, f"{host}.{draw.choice(['example', 'example2'])}.com", draw.choice(["A", "AAAA", "HTTPS"])
        )


def login(at: float, code: int) -> Event:
    """One try."""
    more: Any = {"command": "PASS", "argument": "***", "text": "", "credentials": True, "latency": None}
    return at, flow("10.0.0.9", 21, at=at), FtpExchange(time=0, side=Direction.IN, **more, code=code)


def guesses(draw: random.Random) -> Iterator[Event]:
    """Tries that are nearly all refused."""
    pace = draw.uniform(0.1, 15)
    for number in range(draw.randint(20, 200)):
        yield login(number * pace, 230 if draw.random() < 0.02 else 530)


def forgetful(draw: random.Random) -> Iterator[Event]:
    """A user who needs a few tries, and a timer with an old password."""
    for number in range(draw.randint(1, 6)):
        yield login(number * 4.0, 530)
    yield login(40.0, 230)
    for number in range(20):
        yield login(600 + number * draw.uniform(60, 600), 530)


def spread(draw: random.Random) -> Iterator[Event]:
    """One host, many others by one administration port."""
    port, pace = draw.choice([22, 445, 3389, 5985]), draw.uniform(1, 30)
    for at in range(draw.randint(10, 60)):
        yield from flows(flow(f"10.0.1.{at + 1}", port, at=at * pace))


def administrator(draw: random.Random) -> Iterator[Event]:
    """A few hosts, again and again."""
    for at in range(draw.randint(10, 100)):
        yield from flows(flow(f"10.0.1.{draw.randint(1, 6)}", 22, at=at * 30))


def upload(draw: random.Random) -> Iterator[Event]:
    """Small sendings for hours, then a large one."""
    usual = draw.uniform(0.1e6, 5e6)
    for at in range(8):
        yield from flows(
            flow(at=at * 900, payload_out=round(usual * draw.uniform(0.5, 1.5)), payload_in=10_000)
        )
    yield from flows(flow(at=8 * 900, payload_out=round(draw.uniform(1.2, 20) * 100e6), payload_in=10_000))


def backup(draw: random.Random) -> Iterator[Event]:
    """About the same each time, after the first."""
    usual = draw.uniform(1e6, 90e6)
    for at in range(20):
        yield from flows(
            flow(at=at * 3600, payload_out=round(usual * draw.uniform(0.7, 1.3)), payload_in=10_000)
        )


def routine(draw: random.Random) -> Iterator[Event]:
    """What is regular by design: time, resolvers, health checks, announcements to groups; or a browser."""
    kind = draw.choice(["ntp", "resolver", "health", "group", "browser"])
    if kind == "browser":
        yield from browser(draw)
        return
    address, port, proto, app, every = {
        "ntp": (ABROAD.format(7, 7), 123, 17, "ntp", draw.choice([64, 256, 1024])),
        "resolver": (ABROAD.format(8, 8), 53, 17, "dns", draw.uniform(5, 300)),
        "health": ("10.0.0.20", 8080, 6, "http", draw.choice([1, 5, 15, 60])),
        "group": ("224.0.0.251", 5353, 17, "mdns", draw.uniform(5, 120)),
    }[kind]
    for at in range(draw.randint(30, 200)):
        yield from flows(flow(address, port, at=at * every, proto=proto, app=app, payload_out=48))


def outsider(draw: random.Random) -> Iterator[Event]:
    """Among what its policy lets pass, a program goes elsewhere once: by name, port or file."""
    yield from insider(draw)
    way = draw.choice(["name", "port", "program"])
    exe = "/tmp/x" if way == "program" else "/usr/bin/curl"
    name = "drop.example.net" if way == "name" else "api.example.com"
    yield from flows(
        flow(port=8443 if way == "port" else 443, at=4000, owner=process(exe), server_name=name, number=2)
    )


def insider(draw: random.Random) -> Iterator[Event]:
    """A program whose servers change their addresses and keep their names."""
    for at in range(draw.randint(10, 60)):
        address = ABROAD.format(draw.randint(0, 255), draw.randint(1, 254))
        name = draw.choice(["api.example.com", "cdn7.example.com", "example.com"])
        yield from flows(flow(address, at=at * 60, owner=process("/usr/bin/curl"), server_name=name))


def announcement(at: float, router: int, net: int, *, lifetime: int = 1800) -> Event:
    """One router announces one prefix."""
    made = flow("ff02::1", 0, src=f"fe80::{router:x}", proto=58, at=at)
    return at, made, NdpMessage(
        time=0, side=Direction.OUT, message="router-advertisement", lifetime=lifetime * SECOND,
        prefixes=(f"2001:db8:{net:x}::/64",),
        link_source=f"02:00:00:00:00:{router:02x}",
    )  # fmt: skip


def rogue_router(draw: random.Random) -> Iterator[Event]:
    """A router of the link, and sooner or later one that is none."""
    yield from router(draw)
    yield announcement(draw.uniform(2000, 9000), draw.randint(2, 99), draw.randint(2, 99))


def router(draw: random.Random) -> Iterator[Event]:
    """One router, that leaves and comes back, and hosts that say they are none."""
    for at in range(draw.randint(3, 9)):
        yield announcement(at * 200, 1, 1, lifetime=draw.choice([0, 1800, 1800]) if at else 1800)


def lease(at: float, server: str) -> Event:
    """One address given out."""
    return at, flow("255.255.255.255", 68, src=server, proto=17, at=at), DhcpMessage(
        time=0, side=Direction.OUT, message="ack", ident=1, hardware="", server=server, leased="10.0.0.9",
        routers=(server,),
    )  # fmt: skip


def rogue_server(draw: random.Random) -> Iterator[Event]:
    """A second server among the leases of the first."""
    yield from server(draw)
    yield lease(99_999, f"10.0.0.{draw.randint(2, 254)}")


def server(draw: random.Random) -> Iterator[Event]:
    """One server, and many leases."""
    for at in range(draw.randint(2, 40)):
        yield lease(at * 600, "10.0.0.1")


def claim(at: float, mac: int, former: int) -> Event:
    """One answer for an address; ``former``: whose it was, where that was another."""
    return at, flow(at=at), ArpMessage(
        time=0, side=Direction.OUT, message="reply", sender="10.0.0.1", target="10.0.0.5", target_mac="",
        sender_mac=f"02:00:00:00:00:{mac:02x}", former_mac=f"02:00:00:00:00:{former:02x}" if former else "",
    )  # fmt: skip


def poisoner(draw: random.Random) -> Iterator[Event]:
    """Two stations answer for one address in turns."""
    pace, forger = draw.uniform(0.2, 20), draw.randint(2, 99)
    for at in range(draw.randint(4, 40)):
        yield claim(at * pace, *((1, forger) if at % 2 else (forger, 1)))


def new_card(draw: random.Random) -> Iterator[Event]:
    """A machine gets another card, or another machine the address, once in a while."""
    cards = list(range(1, draw.randint(3, 6)))
    moment = 0.0
    for at, card in enumerate(cards):
        moment += draw.uniform(400, 9000)
        yield claim(moment, card, cards[at - 1] if at else 0)


def installed(draw: random.Random) -> Iterator[Event]:
    """Programs in their places."""
    names = ["/usr/bin/curl", "/usr/bin/python3.11", "/usr/lib/firefox/firefox", "/opt/agent/bin/agent"]
    for at in range(draw.randint(1, 20)):
        yield from flows(flow(at=at, owner=process(draw.choice(names))))


def changed(draw: random.Random) -> Iterator[Event]:
    """Programs that are known, and one that is new, or is another file than before."""
    yield from known(draw)
    exe = draw.choice(["/opt/new", "/usr/bin/curl"])
    yield from flows(
        flow(at=90_001, owner=process(exe, executable=program(exe, file=(1, 2, 3, draw.random()))))
    )


def known(draw: random.Random) -> Iterator[Event]:
    """Programs that were there on the first day, by the same files."""
    names = ["/usr/bin/curl", "/usr/bin/ssh", "/usr/sbin/chronyd"]
    for at in range(draw.randint(30, 60)):
        exe = names[at % 3]
        yield from flows(
            flow(at=at * 3600, owner=process(exe, executable=program(exe, file=(1, at % 3, 3, 4))))
        )


def careful(draw: random.Random) -> Iterator[Event]:
    """What is common and harmless: no server name, encrypted hellos, or nothing at all."""
    for at in range(draw.randint(1, 30)):
        risks = draw.choice([(), ("tls-no-server-name",), ("tls-ech",)])
        yield from flows(flow(at=at, facts={"risks": risks}))


def updates(draw: random.Random) -> Iterator[Event]:
    """A package manager: indices once or twice a day, then packages from mirrors."""
    for day in range(5):
        at = day * 86_400 + draw.uniform(0, 3600)
        for number in range(draw.randint(3, 60)):
            address = ABROAD.format(draw.randint(1, 3), draw.randint(1, 4))
            yield from flows(flow(
                address, draw.choice([80, 443]), at=at + number * draw.uniform(0.1, 2),
                owner=process("/usr/lib/apt/http"), server_name="deb.debian.org",
                payload_out=draw.randint(200, 900), payload_in=round(draw.lognormvariate(12, 2)),
            ))  # fmt: skip


def ntp(draw: random.Random) -> Iterator[Event]:
    """Four servers, each asked at the same pace for hours."""
    every = draw.choice([64, 128, 256, 512, 1024])
    for at in range(draw.randint(40, 200)):
        for server in range(4):
            yield from flows(flow(
                ABROAD.format(7, server + 1), 123, at=at * every + server, proto=17, app="ntp",
                payload_out=48, owner=process("/usr/sbin/chronyd"),
            ))  # fmt: skip


def keep_alives(draw: random.Random) -> Iterator[Event]:
    """Connections that are held for hours, and made anew when they break; a heartbeat within is no flow."""
    at = 0.0
    for _ in range(draw.randint(5, 60)):
        at += draw.expovariate(1 / draw.choice([600, 3600, 7200]))
        yield from flows(flow(
            at=at, owner=process("/usr/bin/chat"), server_name="push.example.com",
            payload_in=draw.randint(5000, 90_000), payload_out=round(draw.lognormvariate(8, 1)),
        ))  # fmt: skip


def telemetry(draw: random.Random) -> Iterator[Event]:
    """Agents of a vendor on each of a few hosts: every minute to every hour, as much as there was to say."""
    every, hosts, calls = draw.choice([60, 300, 900, 3600]), draw.randint(3, 8), draw.randint(24, 100)
    starts = [draw.uniform(0, every) for _ in range(hosts)]
    events = [
        (start + every * (number + draw.uniform(0, 0.2)), host)
        for host, start in enumerate(starts) for number in range(calls)
    ]  # fmt: skip
    for at, host in sorted(events):
        yield from flows(flow(
            ABROAD.format(9, 9), at=at, src=f"10.0.0.{host + 10}", server_name="telemetry.vendor.example",
            payload_out=round(draw.lognormvariate(8, 0.8)),
        ))  # fmt: skip


def polling(draw: random.Random) -> Iterator[Event]:
    """A player that takes pieces from a content network, in bursts with pauses; a page that refreshes."""
    at = 0.0
    for _ in range(draw.randint(3, 12)):
        for _ in range(draw.randint(5, 40)):
            at += draw.uniform(1, 9)
            yield from flows(flow(
                ABROAD.format(20, draw.randint(1, 30)), at=at, owner=process("/usr/lib/firefox/firefox"),
                server_name=f"seg{draw.randint(1, 4)}.cdn.example.com", payload_out=draw.randint(300, 900),
                payload_in=round(draw.lognormvariate(13, 1)),
            ))  # fmt: skip
        at += draw.uniform(60, 1800)


def health_checks(draw: random.Random) -> Iterator[Event]:
    """A balancer asks each of its servers, every few seconds, on one port; some are down for a while."""
    every, servers = draw.choice([2, 5, 10]), draw.randint(3, 12)
    down = draw.randint(1, 2)
    for at in range(draw.randint(30, 120)):
        for server in range(servers):
            answered = not (server < down and 10 < at < 20)
            yield from flows(flow(
                f"10.0.0.{server + 20}", 8080, at=at * every + server / 20, app="http", payload_out=90,
                answered=answered,
            ))  # fmt: skip


def discovery(draw: random.Random) -> Iterator[Event]:
    """DNS-SD: services asked for and announced to a group, by long names with random parts."""
    for at in range(draw.randint(30, 200)):
        name = draw.choice(["_ipp._tcp.local", "_googlecast._tcp.local", "_spotify-connect._tcp.local"])
        if draw.random() < 0.5:
            name = f"{draw.randbytes(16).hex()}.{name}"
        kind = draw.choice(["PTR", "SRV", "TXT", "A", "AAAA"])
        asked = DnsQuery(
            time=0, side=Direction.OUT, ident=0, opcode="query", query=name, query_type=kind,
            query_class="in", size_bytes=90,
        )  # fmt: skip
        yield at * 2.0, flow("224.0.0.251", 5353, proto=17, app="mdns", at=at * 2.0, answered=False), asked


HARMLESS: dict[str, Case] = {
    "updates": updates, "ntp": ntp, "keep-alives": keep_alives, "telemetry": telemetry,
    "cdn-polling": polling, "health-checks": health_checks, "dns-sd": discovery, "browsing": browser,
    "administration": administrator,
}  # fmt: skip

POLICY = {
    "format": 1,
    "programs": [{"exe": "/usr/bin/curl", "to": [{"dest": "*.example.com", "proto": "tcp", "port": 443}]}],
}


def vertical(draw: random.Random, **of: Any) -> Iterator[Event]:
    """Ports of one host, up to one in four of them open."""
    pace, open_ = draw.uniform(2, 200), draw.uniform(0, 0.25)
    for at in range(draw.randint(30, 500)):
        yield from flows(flow("10.0.0.9", at + 1, at=at / pace, answered=draw.random() < open_, **of))


def horizontal(draw: random.Random) -> Iterator[Event]:
    """Hosts on one port."""
    pace, port = draw.uniform(2, 200), draw.choice([22, 445, 3389, 6379])
    for at in range(draw.randint(30, 500)):
        yield from flows(
            flow(f"10.0.{at // 250}.{at % 250 + 1}", port, at=at / pace, answered=draw.random() < 0.15)
        )


def block(draw: random.Random) -> Iterator[Event]:
    """A few ports of each of many hosts: too few of either for the other kinds."""
    ports, pace = draw.sample(range(1, 9000), draw.randint(6, 15)), draw.uniform(10, 100)
    pairs = [(host, port) for host in range(draw.randint(10, 19)) for port in ports]
    draw.shuffle(pairs)
    for at, (host, port) in enumerate(pairs):
        yield from flows(flow(f"10.0.3.{host + 1}", port, at=at / pace, answered=draw.random() < 0.1))


def inbound(draw: random.Random) -> Iterator[Event]:
    """A stranger's, of this host."""
    return vertical(draw, src=f"198.51.100.{draw.randint(1, 254)}")


def local_scan(draw: random.Random) -> Iterator[Event]:
    """A program's on this host."""
    return vertical(draw, owner=process(draw.choice(["/usr/bin/nmap", "/opt/tool", "/usr/bin/python3.11"])))


def service_discovery(draw: random.Random) -> Iterator[Event]:
    """A monitor that looks at every port that is open, and a client that tries an address family first."""
    for at in range(draw.randint(20, 200)):
        yield from flows(flow(
            f"10.0.0.{at % 40 + 1}", draw.choice([22, 80, 161, 443, 9100]), at=at * draw.uniform(0.2, 2),
            answered=draw.random() > 0.1,
        ))  # fmt: skip


def one_program_of_many(draw: random.Random) -> Iterator[Event]:
    """A program's beacon among the visits of a browser to the same place."""
    every, at = draw.uniform(20, 900), 0.0
    for _ in range(draw.randint(24, 90)):
        at += every * (1 + draw.uniform(-0.15, 0.15))
        yield from flows(flow(at=at, owner=process("/opt/agent"), payload_out=draw.randint(395, 405)))
        for _ in range(draw.randint(0, 3)):
            yield from flows(flow(
                at=at + draw.uniform(0, every * 0.8), owner=process("/usr/lib/firefox/firefox"),
                payload_out=round(draw.lognormvariate(6, 1.2)),
            ))  # fmt: skip


def download(draw: random.Random) -> Iterator[Event]:
    """A tunnel whose names are short, and whose answers are full."""
    for at in range(draw.randint(150, 400)):
        yield query(at / 5, f"{at:x}.d.example.net", "TXT")
        answer = DnsResponse(
            time=0, side=Direction.IN, ident=1, opcode="query", query=f"{at:x}.d.example.net",
            query_type="TXT", query_class="in", size_bytes=draw.randint(300, 1200), rcode="NOERROR",
            answers=(f"{at:x}.d.example.net 1 TXT {draw.randbytes(180).hex()}",),
        )  # fmt: skip
        yield at / 5 + 0.02, flow(port=53, proto=17, at=at / 5), answer


def ordinary_answers(draw: random.Random) -> Iterator[Event]:
    """Names of hosts with addresses, and now and then a long record of mail."""
    for at in range(draw.randint(80, 400)):
        name, mail = f"{draw.choice(['www', 'api', 'mail'])}.example{draw.randint(1, 40)}.com", at % 40 == 0
        yield query(at / 5, name, "TXT" if mail else "A")
        answer = DnsResponse(
            time=0, side=Direction.IN, ident=1, opcode="query", query=name, query_type="TXT" if mail else "A",
            query_class="in", size_bytes=600 if mail else 90, rcode="NOERROR",
            answers=(f"{name} 300 A 192.0.2.1",),
        )  # fmt: skip
        yield at / 5 + 0.02, flow(port=53, proto=17, at=at / 5), answer


def ssh_guesses(draw: random.Random) -> Iterator[Event]:
    """Connections that end after their login was refused."""
    return ssh_logins(draw, draw.randint(12, 100), draw.uniform(0.2, 4))


def ssh_visits(draw: random.Random) -> Iterator[Event]:
    """Sessions, and a typing error now and then."""
    for number in range(draw.randint(10, 60)):
        yield ssh_login(number * 300.0, "refused" if draw.random() < 0.1 else "accepted", 1)


def ssh_logins(draw: random.Random, count: int, pace: float) -> Iterator[Event]:
    """One after the other, all refused."""
    for number in range(count):
        yield ssh_login(number * pace, "refused", draw.randint(1, 3))


def ssh_login(at: float, result: str, attempts: int) -> Event:
    """One, as it is guessed from sizes."""
    seen = SshLogin(time=0, side=Direction.IN, result=result, method="unknown", attempts=max(1, attempts))
    return at, flow("10.0.0.9", 22, at=at), seen


def of_program(*choices: tuple[str, dict[str, Any]]) -> Case:
    """A flow of one of these programs."""

    def case(draw: random.Random) -> Iterator[Event]:
        exe, more = draw.choice(choices)
        made = {name: value for name, value in more.items() if name != "file"}
        if "file" in more:
            made["executable"] = program(exe, **more["file"])
        yield from flows(flow(at=draw.uniform(0, 99), owner=process(exe, **made)))

    return case


def two_places(draw: random.Random) -> Iterator[Event]:
    """One name from where it is installed, and from elsewhere."""
    name = draw.choice(["sshd", "curl", "agent"])
    for at, folder in enumerate(["/usr/bin", draw.choice(["/opt/x", "/home/a/bin", "/var/lib/y"])]):
        yield from flows(flow(at=at, owner=process(f"{folder}/{name}", pid=70 + at)))


def container_copies(draw: random.Random) -> Iterator[Event]:
    """The same names in containers, and links that have the names of others."""
    for at in range(draw.randint(2, 9)):
        folder = draw.choice(["/usr/bin", "/usr/local/bin", "/app"])
        yield from flows(flow(at=at, owner=process(f"{folder}/python3.11", pid=at + 70, container=f"c{at}")))
    yield from flows(flow(at=50, owner=process("/usr/bin/vim.basic", name="vim")))
    yield from flows(flow(at=51, owner=process("/usr/bin/vim.tiny", name="vim")))


def strange_parent(draw: random.Random) -> Iterator[Event]:
    """A tool that a server started, by itself or through shells."""
    exe = draw.choice(["/usr/bin/curl", "/usr/bin/python3.11", "/usr/bin/ncat", "/usr/bin/wget"])
    server = draw.choice(["nginx:8", "php-fpm8.2:8", "postgres:8", "redis-server:8", "apache2:8"])
    shells = tuple(f"{shell}:9" for shell in draw.sample(["sh", "bash", "dash"], draw.randint(0, 2)))
    yield from flows(flow(owner=process(exe, ancestors=(*shells, server, "systemd:1"))))


def usual_parent(draw: random.Random) -> Iterator[Event]:
    """Tools that people, timers and managers start; servers' own workers; a server behind them all."""
    for at in range(draw.randint(3, 20)):
        exe, *ancestors = draw.choice([
            ("/usr/bin/curl", "bash:9", "sshd:8", "systemd:1"), ("/usr/bin/wget", "sh:9", "cron:8"),
            ("/usr/sbin/nginx", "nginx:8", "systemd:1"), ("/usr/bin/ssh", "git:9", "bash:8", "tmux:7"),
            ("/usr/bin/python3.11", "systemd:1"), ("/usr/bin/curl", "make:9", "bash:8", "gnome-terminal-:7"),
            ("/usr/bin/python3.11", "gunicorn:9", "supervisord:8", "nginx:7"),
        ])  # fmt: skip
        yield from flows(flow(at=at, owner=process(exe, ancestors=tuple(ancestors), pid=at + 50)))


def rewritten(draw: random.Random) -> Iterator[Event]:
    """The file of one process is another at its next flow, by its hash where it is known."""
    hashed = draw.random() < 0.5
    for at in range(draw.randint(2, 9)):
        yield from file_of_one(at * 60.0, 4, "a" * 64 if hashed else "")
    yield from file_of_one(draw.uniform(600, 9000), draw.randint(5, 99), "b" * 64 if hashed else "")


def file_of_one(at: float, number: int, sha256: str) -> Iterator[Event]:
    """A flow of one process, and its file as it is then."""
    made = program("/opt/agent", file=(1, 2, 3, number), sha256=sha256)
    yield from flows(flow(at=at, owner=process("/opt/agent", executable=made)))


def restarted(draw: random.Random) -> Iterator[Event]:
    """A process that stays the same, and one that was only touched: another time, the same hash."""
    for at in range(draw.randint(2, 30)):
        yield from file_of_one(at * 60.0, 4 + (at > 10), "a" * 64)


def risky(*risks: str) -> Case:
    """One of these, on an ordinary port."""

    def case(draw: random.Random) -> Iterator[Event]:
        port = draw.choice([21, 25, 443, 8080])
        yield from flows(flow("10.0.0.9", port, facts={"risks": (draw.choice(risks),)}))

    return case


GONE = {"deleted": True, "replaced": False}
# What the row is of -> detector, what it must say, what must be found, what must not.
CASES: dict[str, tuple[str, str, Case, Case]] = {
    "scan, vertical": ("scan", "vertical", vertical, crawler),
    "scan, horizontal": ("scan", "horizontal", horizontal, service_discovery),
    "scan, block": ("scan", "block", block, service_discovery),
    "scan, inbound": ("scan", "", inbound, rush),
    "scan by a local process": ("scan", "", local_scan, crawler),
    "SYN flood": ("syn-flood", "", flood, rush),
    "beacon": ("beacon", "", beacon, routine),
    "beacon of one program": ("beacon", "", one_program_of_many, browser),
    "DNS tunnel, names": ("dns-tunnel", "", tunnel, names),
    "DNS tunnel, answers": ("dns-tunnel", "", download, ordinary_answers),
    "exfiltration": ("upload", "", upload, backup),
    "egress drift": ("egress-drift", "", outsider, insider),
    "new or changed program": ("new-program", "", changed, known),
    "hash changed while running": ("new-program", "while it ran", rewritten, restarted),
    "no executable": (
        "unusual-program", "without an executable",
        of_program(("", {"name": "x", "file": {"absent": True}})), installed,
    ),
    "deleted executable": (
        "unusual-program", "was deleted",
        of_program(("/usr/sbin/sshd", {"file": GONE}), ("/opt/x", {"file": GONE})), installed,
    ),
    "memfd executable": (
        "unusual-program", "from memory",
        of_program(("/memfd:x (deleted)", {"file": {"memfd": True}})), installed,
    ),
    "one name, several paths": ("unusual-program", "several paths", two_places, container_copies),
    "unusual parent": ("unusual-program", "was started by", strange_parent, usual_parent),
    "shell with a socket": (
        "unusual-program", "is a shell",
        of_program(("/bin/bash", {}), ("/usr/bin/dash", {}), ("/bin/busybox", {})), installed,
    ),
    "false kernel thread": (
        "unusual-program", "kernel thread", of_program(("/opt/m", {"name": "kworker/0:1"})), installed,
    ),
    "clear-text credentials": ("risk", "", risky("cleartext-credentials"), careful),
    "certificates": ("risk", "", risky("certificate-expired", "certificate-self-signed"), careful),
    "TLS": ("risk", "", risky("tls-weak-cipher", "obsolete-protocol"), careful),
    "guessed logins": ("guessed-logins", "", guesses, forgetful),
    "guessed logins, SSH": ("guessed-logins", "", ssh_guesses, ssh_visits),
    "fan-out": ("fan-out", "", spread, administrator),
    "ARP spoofing": ("arp-spoofing", "", poisoner, new_card),
    "rogue DHCP": ("rogue-dhcp", "", rogue_server, server),
    "rogue RA": ("rogue-ra", "", rogue_router, router),
}  # fmt: skip

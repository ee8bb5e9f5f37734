"""What detectors make of real programs: tools of attackers must be found, ordinary programs must not."""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procwire.cli.main import main
from tests.lab import need, pair, wait_for, why_not
from tests.scenes import talk
from tests.scenes.command import Command, read_lines
from tests.scenes.lines import Line
from tests.vectors.scene import Scene

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]
MISSING = need("nmap", "hping3", "iodine", "iodined", "arpspoof", "nginx", "curl", "dnsmasq", "dig", "radvd",
               "dns2tcpd", "dns2tcpc", "sshd", "ssh", "chronyd", "apt-get")  # fmt: skip
needs_tools = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")
GUARDED = """
daemon off; pid {folder}/nginx.pid; error_log /dev/null; worker_processes 1; user root; master_process off;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 80; root {folder}; auth_basic x; auth_basic_user_file {folder}/users; }} }}
"""


@contextlib.contextmanager
def watched(folder: Path, *words: str) -> Iterator[tuple[Scene, Command]]:
    """A watch for findings at the client of two hosts."""
    with pair() as (lab, client, server):
        command = Command(client, folder, "--findings", "-i", "eth0", *words)
        yield talk.scene_of(lab, client, server, folder), command
        code, _ = command.end()
        assert code in {0, 4}, command.words


def found(command: Command, detector: str) -> list[Line]:
    return [line for line in command.lines() if line["detector"] == detector]


def awaited(command: Command, detector: str) -> Line:
    return wait_for(lambda: found(command, detector), what=detector)[0]


@needs_tools
def test_nmap_is_a_scan_and_is_named(tmp_path: Path) -> None:
    with watched(tmp_path, "--write", str(tmp_path / "seen.pcapng")) as (scene, command):
        scene.client.run("nmap", "-n", "-Pn", "-sT", "-p1-150", "--max-rate", "100", talk.SERVER)
        line = awaited(command, "scan")
    assert (line["target"], line["source"], line["process"]) == (talk.SERVER, "10.77.0.1", "nmap")
    assert line["schema"] == "procwire.finding/1"
    read = read_lines(tmp_path / "seen.pcapng", "--findings=scan")
    assert [line["target"] for line in read] == [talk.SERVER]


@needs_tools
def test_hping3_is_a_flood(tmp_path: Path) -> None:
    with watched(tmp_path) as (scene, command):
        talk.nginx(scene)
        flood = scene.client.start(
            "hping3", "-S", "-p", "80", "-i", "u4000", "-c", "600", "--rand-source", talk.SERVER
        )
        flood.wait(30)
    assert [(line["target"], line["port"]) for line in found(command, "syn-flood")] == [(talk.SERVER, 80)]


@needs_tools
def test_iodine_is_a_tunnel(tmp_path: Path) -> None:
    with watched(tmp_path) as (scene, command):
        scene.serve(53, "iodined", "-f", "-c", "-P", "pw", "10.99.0.1", "t.example.net", udp=True)
        scene.client.start("iodine", "-f", "-r", "-m", "200", "-P", "pw", talk.SERVER, "t.example.net")
        wait_for(lambda: "dns0" in scene.client.run("ip", "-o", "link"), what="the tunnel")

        def pushed() -> Any:
            with contextlib.suppress(OSError), scene.client.socket(kind=socket.SOCK_DGRAM) as data:
                for _ in range(20):
                    data.sendto(bytes(range(200)) * 4, ("10.99.0.1", 9))
            time.sleep(0.2)
            return found(command, "dns-tunnel")

        line = wait_for(pushed, what="dns-tunnel")[0]
    assert (line["target"], line["process"]) == ("example.net", "iodine")


DNS2TCP = """
listen = {server}
port = 53
user = root
domain = t.example.net
key = secret
resources = web:127.0.0.1:80
"""


@needs_tools
def test_dns2tcp_is_a_tunnel(tmp_path: Path) -> None:
    with watched(tmp_path) as (scene, command):
        talk.nginx(scene)
        (tmp_path / "dns2tcp.conf").write_text(DNS2TCP.format(server=talk.SERVER))
        scene.serve(53, "dns2tcpd", "-F", "-d", "1", "-f", str(tmp_path / "dns2tcp.conf"), udp=True)
        scene.client.start(
            "dns2tcpc", "-z", "t.example.net", "-k", "secret", "-r", "web", "-l", "2200", talk.SERVER
        )
        wait_for(lambda: scene.client.listening(2200), what="the tunnel's end")

        def fetched() -> list[Line]:
            scene.client.run(
                "curl", "-s", "-o", "/dev/null", "--max-time", "5", "http://127.0.0.1:2200/large.bin",
                check=False,
            )  # fmt: skip
            return found(command, "dns-tunnel")

        line = wait_for(fetched, what="dns-tunnel")[0]
    assert (line["target"], line["process"]) == ("example.net", "dns2tcpc")


SSHD = """
Port 22
HostKey {folder}/host
PidFile {folder}/sshd.pid
UsePAM no
StrictModes no
PasswordAuthentication no
AuthorizedKeysFile none
"""


@needs_tools
def test_a_loop_of_ssh_logins_is_guessing(tmp_path: Path) -> None:
    with watched(tmp_path) as (scene, command):
        (tmp_path / "sshd_config").write_text(SSHD.format(folder=tmp_path))
        for name in ("host", "mine"):
            scene.client.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name))
        Path("/run/sshd").mkdir(exist_ok=True)
        scene.serve(22, "/usr/sbin/sshd", "-D", "-e", "-f", str(tmp_path / "sshd_config"))
        for _ in range(11):
            scene.client.run(
                "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
                "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i",
                str(tmp_path / "mine"), f"root@{talk.SERVER}", "true", check=False,
            )  # fmt: skip
        line = awaited(command, "guessed-logins")
    assert (line["target"], line["port"], line["process"]) == (talk.SERVER, 22, "ssh")


@needs_tools
def test_passwords_tried_one_after_the_other(tmp_path: Path) -> None:
    with watched(tmp_path) as (scene, command):
        (tmp_path / "users").write_text("root:{PLAIN}secret\n")
        (tmp_path / "nginx.conf").write_text(GUARDED.format(folder=tmp_path))
        scene.serve(80, "nginx", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))
        for number in range(12):
            talk.curl(scene, "-u", f"root:{number}", f"http://{talk.SERVER}/")
        assert awaited(command, "guessed-logins")["severity"] == "medium"
        (tmp_path / "index.html").write_text("in")
        talk.curl(scene, "-u", "root:secret", f"http://{talk.SERVER}/")
        wait_for(lambda: len(found(command, "guessed-logins")) == 2, what="the login that was accepted")
    assert found(command, "guessed-logins")[1]["severity"] == "high"


SIGMA = """
title: Asked by dig
id: 2f6c0b0e-0000-4000-8000-000000000001
logsource: {product: linux, category: dns_query}
detection:
  selection: {Image|endswith: /dig, QueryName|contains: example}
  condition: selection
level: high
"""


@needs_tools
def test_a_sigma_rule_over_queries_by_program(tmp_path: Path) -> None:
    (tmp_path / "asked.yml").write_text(SIGMA)
    assert main(["rules", "import", str(tmp_path / "asked.yml"), "--out", str(tmp_path / "rules")]) == 0
    with watched(tmp_path, "--rules", str(tmp_path / "rules")) as (scene, command):
        talk.dnsmasq(scene)
        talk.dig(scene, "A")
        line = awaited(command, "asked")
    assert (line["process"], line["severity"]) == ("dig", "high")
    assert str(line["exe"]).endswith("/dig")


EXECUTED = """
title: Executed with a word
id: 2f6c0b0e-0000-4000-8000-000000000002
logsource: {product: linux, service: auditd}
detection:
  selection: {type: EXECVE, a0: procwire-test, a2|contains: needle}
  condition: selection
level: high
"""


@needs_tools
def test_a_sigma_rule_over_what_is_executed_within_the_cell_of_the_engine(tmp_path: Path) -> None:
    (tmp_path / "executed.yml").write_text(EXECUTED)
    assert main(["rules", "import", str(tmp_path / "executed.yml"), "--out", str(tmp_path / "rules")]) == 0
    with watched(tmp_path, "--rules", str(tmp_path / "rules")) as (scene, command):
        scene.client.run("bash", "-c", "exec -a procwire-test true needle one", check=False)

        def executed() -> list[Line]:
            scene.client.run("bash", "-c", "exec -a procwire-test sh -c 'sleep 0.2; : needle'", check=False)
            return found(command, "executed")

        line = wait_for(executed, what="the program")[0]
    assert line["severity"] == "high"
    assert str(line["cmdline"]).endswith("'sleep 0.2; : needle'")


@needs_tools
def test_arpspoof_is_told(tmp_path: Path) -> None:
    owner, address = bytes.fromhex("020000000009"), socket.inet_aton("10.77.0.9")
    said = bytes.fromhex("08060001080006040002") + owner + address + b"\xff" * 6 + address
    announced = b"\xff" * 6 + owner + said
    with watched(tmp_path) as (scene, command):
        scene.server.start("arpspoof", "-i", "eth0", "-t", "10.77.0.1", "10.77.0.9")

        def claimed() -> list[Line]:  # by its true owner, between the forger's replies
            with scene.server.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
                wire.bind(("eth0", 0))
                wire.send(announced)
            time.sleep(0.3)
            return found(command, "arp-spoofing")

        line = wait_for(claimed, what="arp-spoofing")[0]
    assert line["target"] == "10.77.0.9"
    assert "02:00:00:00:00:09" in line["detail"]


RADVD = """
interface eth0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  prefix fd77:1::/64 { }; RDNSS fd77:1::53 { }; };
"""
ROGUE, EVERYBODY = "fe80::66", "ff02::1"


def announcement() -> bytes:
    """A frame with which a station that is no host of the lab announces itself as a router (RFC 4861)."""
    station, group = bytes.fromhex("020000000066"), bytes.fromhex("333300000001")
    ends = socket.inet_pton(socket.AF_INET6, ROGUE) + socket.inet_pton(socket.AF_INET6, EVERYBODY)
    body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
    body += struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0)
    body += socket.inet_pton(socket.AF_INET6, "fd77:bad::") + bytes([1, 1]) + station
    summed = sum(struct.unpack(f"!{(len(ends) + len(body)) // 2}H", ends + body)) + len(body) + 58
    summed = (summed & 0xFFFF) + (summed >> 16)
    check = ~((summed & 0xFFFF) + (summed >> 16)) & 0xFFFF
    body = body[:2] + struct.pack("!H", check) + body[4:]
    return group + station + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + ends + body


@needs_tools
def test_a_second_router_is_told_and_the_first_is_not(tmp_path: Path) -> None:
    (tmp_path / "radvd.conf").write_text(RADVD)
    with watched(tmp_path) as (scene, command):
        scene.server.run("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1")
        scene.server.start(
            "radvd", "-n", "-m", "stderr", "-C", str(tmp_path / "radvd.conf"), "-p", str(tmp_path / "pid")
        )
        wait_for(lambda: scene.client.run("ip", "-6", "route", "show", "default"), what="a router")
        assert found(command, "rogue-ra") == []
        with scene.server.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind(("eth0", 0))
            wire.send(announcement())
        line = awaited(command, "rogue-ra")
    assert (line["source"], line["severity"]) == (ROGUE, "high")
    assert "announces itself as a router with fd77:bad::/64; before it was fe80::" in line["detail"]
    assert len(found(command, "rogue-ra")) == 1


@needs_tools
def test_ordinary_programs_are_left_alone(tmp_path: Path) -> None:
    with watched(tmp_path) as (scene, command):
        talk.nginx(scene)
        talk.dnsmasq(scene)
        for _ in range(15):
            talk.curl(scene, f"http://{talk.NAME}/")
            talk.dig(scene, "A")
        talk.curl(scene, f"http://{talk.NAME}/large.bin")
        with contextlib.suppress(OSError), scene.client.socket() as closed:
            closed.connect((talk.SERVER, 81))
    assert command.lines() == []


NTP = "allow all\nlocal stratum 8\ncmdport 0\npidfile {folder}/ntp.pid\nport 123\nbindaddress {server}\n"
ANNOUNCE = """
import sys, time
from zeroconf import ServiceBrowser, ServiceInfo, Zeroconf
mine = Zeroconf(interfaces=[sys.argv[1]])
for number in range(4):
    host = f"{sys.argv[1].replace('.', '-')}-{number:032x}"
    name, server = f"{host}._ipp._tcp.local.", f"h{number}.local."
    mine.register_service(ServiceInfo("_ipp._tcp.local.", name, port=631, server=server))
class Heard:
    def add_service(self, zone, kind, name): zone.get_service_info(kind, name)
    def update_service(self, *_): pass
    def remove_service(self, *_): pass
kinds = ["_ipp._tcp.local.", "_http._tcp.local.", "_googlecast._tcp.local.", "_ssh._tcp.local."]
ServiceBrowser(mine, kinds, listener=Heard())
time.sleep(3)
mine.close()
"""
HELD = """
import http.client, sys, time
held = http.client.HTTPConnection(sys.argv[1], 80)
for _ in range(40):
    held.request("GET", "/index.html")
    held.getresponse().read()
    time.sleep(0.05)
"""


@needs_tools
def test_what_is_regular_by_design_is_left_alone(tmp_path: Path) -> None:
    """Time, discovery, package updates, a connection that is held, health checks: by the real programs."""
    with watched(tmp_path) as (scene, command):
        talk.nginx(scene)
        (tmp_path / "ntp.conf").write_text(NTP.format(folder=tmp_path, server=talk.SERVER))
        scene.serve(123, "chronyd", "-d", "-x", "-u", "root", "-f", str(tmp_path / "ntp.conf"), udp=True)
        announced = [
            host.start(sys.executable, "-c", ANNOUNCE, address)
            for host, address in ((scene.client, "10.77.0.1"), (scene.server, talk.SERVER))
        ]
        held = scene.client.start(sys.executable, "-c", HELD, talk.SERVER)
        for folder in ("lists/partial", "cache/archives/partial", "etc"):
            (tmp_path / "apt" / folder).mkdir(parents=True)
        (tmp_path / "apt" / "list").write_text(f"deb [trusted=yes] http://{talk.SERVER}/ ./\n")
        (tmp_path / "Packages").write_text("Package: x\nVersion: 1\nArchitecture: all\n\n")
        options = [
            f"Dir::State::lists={tmp_path}/apt/lists", f"Dir::Cache={tmp_path}/apt/cache",
            f"Dir::Etc::sourcelist={tmp_path}/apt/list", "Dir::Etc::sourceparts=/dev/null",
            "APT::Sandbox::User=root", "Acquire::Languages=none",
        ]  # fmt: skip
        for _ in range(4):
            scene.client.run(
                "chronyd", "-Q", "-t", "3", "-u", "root", "-f", "/dev/null",
                f"server {talk.SERVER} maxsamples 1", check=False,
            )  # fmt: skip
            scene.client.run("apt-get", "update", "-qq", *(f"-o{one}" for one in options))
            for _ in range(4):
                talk.curl(scene, f"http://{talk.SERVER}/")
        assert [one.wait(60) for one in (*announced, held)] == [0, 0, 0]
        assert list((tmp_path / "apt" / "lists").glob("*Packages*"))
    assert command.lines() == []


@needs_tools
def test_a_program_that_calls_regularly(tmp_path: Path) -> None:
    # A machine that is busy calls less regularly than it means to: here it is about who is found, and why.
    words = ("beacon.internal=1", "beacon.shortest=0.05", "beacon.score=0.4")
    with watched(tmp_path, *(word for one in words for word in ("--threshold", one))) as (scene, command):
        talk.nginx(scene)
        began = time.monotonic()
        for number in range(30):
            wait_for(lambda at=began + number / 4: time.monotonic() >= at, what="the next call")  # type: ignore[misc]
            talk.curl(scene, f"http://{talk.NAME}/")
    line = found(command, "beacon")[0]
    assert (line["process"], line["port"]) == ("curl", 80)
    assert line["score"] >= 0.4
    assert {one.partition("=")[0] for one in line["scores"]} == {
        "interval", "rhythm", "periodic", "size", "steady",
    }  # fmt: skip

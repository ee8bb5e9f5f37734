"""Real programs that talk inside a lab: the same small conversations for every live scene."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests.lab import Host, run, wait_for
from tests.vectors.scene import Scene

SERVER, SERVER6 = "10.77.0.2", "fd77:0::2"
NAME = "www.example.com"
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log /dev/null; worker_processes 1; user root; master_process off;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{ listen 80; listen [::]:80; root {folder};
    location /slow/ {{ alias {folder}/; limit_rate 500k; }} }} }}
"""
ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
while True:
    data, peer = s.recvfrom(65536)
    s.sendto(data, peer)
"""


def nginx(scene: Scene) -> subprocess.Popen[bytes]:
    """nginx on port 80 of the server, one process."""
    (scene.folder / "index.html").write_text("<h1>It works</h1>\n")
    (scene.folder / "large.bin").write_bytes(bytes(range(256)) * 2000)
    configuration = scene.folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=scene.folder))
    return scene.serve(80, "nginx", "-p", str(scene.folder), "-c", str(configuration))


def curl(scene: Scene, *words: str) -> None:
    """One quiet curl call."""
    scene.client.run("curl", "-s", "-o", "/dev/null", "--max-time", "10", "--resolve",
                     f"{NAME}:80:{SERVER}", *words)  # fmt: skip


def dnsmasq(scene: Scene) -> subprocess.Popen[bytes]:
    """A name server that knows one name, at the server's address, for a minute."""
    return scene.serve(53, "dnsmasq", "-k", "--no-resolv", "--no-hosts", "--port=53", "--user=root",
                       f"--pid-file={scene.folder}/dnsmasq.pid", "--conf-file=/dev/null", "--local-ttl=60",
                       f"--host-record={NAME},{SERVER},{SERVER6}", udp=True)  # fmt: skip


def dig(scene: Scene, *words: str) -> str:
    """Ask the server."""
    return scene.client.run("dig", f"@{SERVER}", "+tries=1", "+time=5", "+short", NAME, *words)


def tls(scene: Scene) -> subprocess.Popen[bytes]:
    """openssl as a TLS server on port 8443."""
    certificate, key = scene.certificate(NAME)
    return scene.serve(8443, "openssl", "s_server", "-accept", "8443", "-cert", certificate, "-key", key,
                       "-www", "-quiet")  # fmt: skip


def hello(scene: Scene, *words: str, name: str = NAME) -> None:
    """One TLS conversation."""
    command = scene.client.words("openssl", "s_client", "-connect", f"{SERVER}:8443", "-servername", name,
                                 "-alpn", "http/1.1", "-quiet", *words)  # fmt: skip
    subprocess.run(command, input=b"GET / HTTP/1.0\r\n\r\n", capture_output=True, timeout=60, check=False)


def echo(host: Host, address: str, port: int) -> subprocess.Popen[bytes]:
    """A UDP echo server in Python."""
    server = host.start(sys.executable, "-c", ECHO, address, str(port))
    wait_for(lambda: host.listening(port, udp=True), what="the echo server")
    return server


def exchange(client: socket.socket, peer: tuple[str, int], datagrams: list[bytes]) -> int:
    """Send datagrams one by one and read each answer; returns the payload bytes of one side."""
    client.settimeout(60)
    for datagram in datagrams:
        client.sendto(datagram, peer)
        assert client.recv(65536) == datagram
    return sum(map(len, datagrams))


def scene_of(lab: object, client: Host, server: Host, folder: Path) -> Scene:
    """The vectors' scene on a lab of one's own."""
    folder.chmod(0o755)
    return Scene(lab, client, server, folder)  # type: ignore[arg-type]


__all__ = ["NAME", "SERVER", "SERVER6", "curl", "dig", "dnsmasq", "echo", "exchange", "hello", "nginx", "run",
           "scene_of", "tls"]  # fmt: skip

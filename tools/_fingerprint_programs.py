"""The programs whose fingerprints are listed: how each is called, and by which version it is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.lab import run
from tests.vectors.scene import Scene

Call = tuple[str, ...]

SSHD = """
Port 22
HostKey {folder}/host_key
PidFile none
UsePAM no
PasswordAuthentication yes
"""
JAVA = """
import java.net.*; import java.net.http.*;
class Get { public static void main(String[] a) throws Exception {
  URI to = new URI(a[1]);
  if (a[0].equals("client")) HttpClient.newHttpClient().send(
      HttpRequest.newBuilder(to).build(), HttpResponse.BodyHandlers.ofString());
  else to.toURL().openStream().read();
} }
"""
GO = """
package main
import ("net/http"; "os"; "time")
func main() { http.DefaultClient.Timeout = 5 * time.Second; http.Get(os.Args[1]) }
"""


@dataclass(frozen=True)
class Program:
    """``calls`` are made with a name and with an address as {host}; ``serves``: it is the server."""

    name: str
    version: Call
    calls: tuple[Call, ...]
    server: str = "tls"
    serves: bool = False


def tls(scene: Scene, python: str) -> None:  # noqa: ARG001
    """Answers any request with a page; what some clients need is written beside it."""
    certificate, secret = scene.certificate()
    for port in ("443", "8883"):
        scene.serve(int(port), "openssl", "s_server", "-accept", port, "-cert", certificate, "-key", secret,
                    "-www", "-quiet", "-alpn", "http/1.1")  # fmt: skip
    (scene.folder / "Get.java").write_text(JAVA)
    (scene.folder / "get.go").write_text(GO)


def quic(scene: Scene, python: str) -> None:  # noqa: ARG001
    """An HTTP/3 server."""
    certificate, secret = scene.certificate()
    words = ("-m", "tests.vectors.quic.peer", "serve", certificate, secret)
    scene.serve(4433, sys.executable, *words, udp=True)


def openssh(scene: Scene, python: str) -> None:  # noqa: ARG001
    """Debian's own."""
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(scene.folder / "host_key"))
    (scene.folder / "sshd_config").write_text(SSHD.format(folder=scene.folder))
    run("mkdir", "-p", "/run/sshd")
    scene.serve(22, "/usr/sbin/sshd", "-D", "-f", str(scene.folder / "sshd_config"))


def dropbear(scene: Scene, python: str) -> None:  # noqa: ARG001
    """A small one, of routers."""
    key = str(scene.folder / "key")
    run("dropbearkey", "-t", "ed25519", "-f", key)
    scene.serve(22, "dropbear", "-F", "-E", "-r", key, "-p", "22", "-P", str(scene.folder / "pid"))


def asyncssh(scene: Scene, python: str) -> None:
    """Of Python."""
    code = (
        "import asyncio, asyncssh\nasync def main():\n await asyncssh.listen('', 22, server_host_keys="
        "[asyncssh.generate_private_key('ssh-ed25519')])\n await asyncio.Event().wait()\nasyncio.run(main())"
    )
    scene.serve(22, python, "-c", code)


SERVERS: Mapping[str, Callable[[Scene, str], None]] = {
    "tls": tls, "quic": quic, "openssh": openssh, "dropbear": dropbear, "asyncssh": asyncssh,
}  # fmt: skip


def _python(name: str, module: str, *codes: str, server: str = "tls") -> Program:
    check = ("{python}", "-c", f"import {module}, sys; print(getattr({module}, '__version__', "
             "sys.version.split()[0]))")  # fmt: skip
    return Program(name, check, tuple(("{python}", "-c", code) for code in codes), server)


URL = "https://{host}/"
OPEN = "import ssl; c=ssl._create_unverified_context(); "
SSH_QUIET = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes")
BROWSER = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
           "--disable-component-update", "--disable-sync", "--ignore-certificate-errors", "--timeout=6000",
           "--virtual-time-budget=3000", "--dump-dom")  # fmt: skip
SSH_CLIENT = ("ssh", *SSH_QUIET, "{host}", "true")

PROGRAMS = (
    Program(
        "curl (OpenSSL)",
        ("curl", "--version"),
        (("curl", "-skm5", URL), ("curl", "-skm5", "--http1.1", URL), ("curl", "-skm5", "--no-alpn", URL)),
    ),
    Program(
        "wget (GnuTLS)",
        ("wget", "--version"),
        (("wget", "-qO-", "-t1", "-T5", "--no-check-certificate", URL),),
    ),
    Program(
        "openssl s_client",
        ("openssl", "version"),
        (
            ("openssl", "s_client", "-connect", "{host}:443"),
            ("openssl", "s_client", "-connect", "{host}:443", "-noservername"),
            ("openssl", "s_client", "-connect", "{host}:443", "-alpn", "h2,http/1.1"),
            ("openssl", "s_client", "-connect", "{host}:443", "-tls1_2"),
        ),
    ),
    Program("gnutls-cli", ("gnutls-cli", "--version"), (("gnutls-cli", "--insecure", "{host}"),)),
    Program("git (libcurl, GnuTLS)", ("git", "--version"), (("git", "ls-remote", "https://{host}/a.git"),)),
    Program(
        "apt (GnuTLS)",
        ("apt", "--version"),
        (
            (
                "/usr/lib/apt/apt-helper",
                "-oAcquire::https::Verify-Peer=false",
                "-oAcquire::Retries=0",
                "download-file",
                URL,
                "{folder}/page",
            ),
        ),
    ),
    Program(
        "lftp (GnuTLS)",
        ("lftp", "--version"),
        (
            (
                "lftp",
                "-c",
                "set ssl:verify-certificate no; set net:max-retries 1; set net:timeout 5; open "
                "https://{host}/; ls",
            ),
        ),
    ),
    Program(
        "aria2",
        ("aria2c", "--version"),
        (("aria2c", "-q", "--check-certificate=false", "-t5", "-m1", "-d", "{folder}", URL),),
    ),
    Program("w3m (OpenSSL)", ("w3m", "-version"), (("w3m", "-o", "ssl_verify_server=0", "-dump", URL),)),
    Program(
        "mosquitto (OpenSSL)",
        ("mosquitto_pub", "--help"),
        (
            (
                "mosquitto_pub",
                "--insecure",
                "--capath",
                "/etc/ssl/certs",
                "-h",
                "{host}",
                "-p",
                "8883",
                "-t",
                "a",
                "-m",
                "b",
            ),
        ),
    ),
    Program("nghttp (OpenSSL)", ("nghttp", "--version"), (("nghttp", "-n", "-y", URL),)),
    Program(
        "Chromium",
        ("chromium", "--version"),
        (("chromium", *BROWSER, "--user-data-dir={folder}/{host}", "--disable-quic", URL),),
    ),
    Program(
        "Firefox",
        ("firefox-esr", "--version"),
        (("timeout", "15", "firefox-esr", "--headless", "--screenshot", "{folder}/page.png", URL),),
    ),
    Program(
        "Go crypto/tls",
        ("/usr/local/go/bin/go", "version"),
        (("/usr/local/go/bin/go", "run", "{folder}/get.go", URL),),
    ),
    Program("Java HttpClient", ("java", "-version"), (("java", "{folder}/Get.java", "client", URL),)),
    Program("Java URLConnection", ("java", "-version"), (("java", "{folder}/Get.java", "stream", URL),)),
    Program(
        "Node.js https",
        ("node", "--version"),
        (("node", "-e", "require('https').get('https://{host}/',r=>r.resume()).on('error',()=>0)"),),
    ),
    Program(
        "Node.js fetch", ("node", "--version"), (("node", "-e", "fetch('https://{host}/').catch(()=>0)"),)
    ),
    Program(
        "Perl IO::Socket::SSL (OpenSSL)",
        ("perl", "-MIO::Socket::SSL", "-e", "print $IO::Socket::SSL::VERSION"),
        (
            (
                "perl",
                "-MIO::Socket::SSL",
                "-e",
                "IO::Socket::SSL->new(PeerAddr=>'{host}:443',SSL_verify_mode=>0)",
            ),
        ),
    ),
    Program(
        "PHP (OpenSSL)", ("php", "--version"), (("php", "-r", "@file_get_contents('https://{host}/');"),)
    ),
    Program(
        "Ruby net/http (OpenSSL)",
        ("ruby", "--version"),
        (("ruby", "-rnet/http", "-e", "Net::HTTP.get(URI('https://{host}/')) rescue 0"),),
    ),
    Program(
        "rclone (Go)",
        ("rclone", "version"),
        (
            (
                "rclone",
                "--retries",
                "1",
                "--low-level-retries",
                "1",
                "--no-check-certificate",
                "--http-url",
                URL,
                "lsd",
                ":http:",
            ),
        ),
    ),
    Program(
        "uv (rustls)",
        ("{python}", "-m", "uv", "--version"),
        (
            ("{python}", "-m", "uv", "pip", "download", "--index-url", URL, "x"),
            ("{python}", "-m", "uv", "pip", "install", "--dry-run", "--index-url", URL, "x"),
        ),
    ),
    Program(
        "pip (Python, OpenSSL)",
        ("{python}", "-m", "pip", "--version"),
        (("{python}", "-m", "pip", "download", "--retries", "0", "--index-url", URL, "x"),),
    ),
    _python(
        "Python urllib (OpenSSL)",
        "urllib.request",
        OPEN + "import urllib.request as u; u.urlopen('https://{host}/', context=c)",
    ),
    _python(
        "Python ssl (OpenSSL)",
        "ssl",
        OPEN + "import socket; c.wrap_socket(socket.create_connection(('{address}',443)), server_hostname="
        "'{host}')",
    ),
    _python(
        "requests (Python, OpenSSL)",
        "requests",
        "import requests; requests.get('https://{host}/', verify=False)",
    ),
    _python(
        "httpx (Python, OpenSSL)",
        "httpx",
        "import httpx; httpx.get('https://{host}/', verify=False)",
        "import httpx; httpx.Client(http2=True, verify=False).get('https://{host}/')",
    ),
    _python(
        "aiohttp (Python, OpenSSL)",
        "aiohttp",
        "import asyncio, aiohttp\nasync def main():\n async with aiohttp.ClientSession() as s:\n"
        "  await s.get('https://{host}/', ssl=False)\nasyncio.run(main())",
    ),
    _python(
        "websockets (Python, OpenSSL)",
        "websockets",
        OPEN + "from websockets.sync.client import connect; connect('wss://{host}/', ssl=c)",
    ),
    Program(
        "aioquic (Python)",
        ("{peer}", "-c", "import aioquic; print(aioquic.__version__)"),
        (("{peer}", "-m", "tests.vectors.quic.peer", "get", "{address}"),),
        "quic",
    ),
    Program(
        "Chromium",
        ("chromium", "--version"),
        (
            (
                "chromium",
                *BROWSER,
                "--user-data-dir={folder}/{host}",
                "--enable-quic",
                "--origin-to-force-quic-on={host}:4433",
                "https://{host}:4433/",
            ),
        ),
        "quic",
    ),
    Program(
        "Tor",
        ("tor", "--version"),
        (
            (
                "timeout",
                "8",
                "tor",
                "--SocksPort",
                "0",
                "--UseBridges",
                "1",
                "--Bridge",
                "{address}:443",
                "--DataDirectory",
                "{folder}/tor-{host}",
            ),
        ),
    ),
    Program("OpenSSH client", ("ssh", "-V"), (SSH_CLIENT,), "openssh"),
    Program("Dropbear client", ("dbclient", "-V"), (("dbclient", "-y", "-y", "{host}", "true"),), "openssh"),
    Program(
        "PuTTY",
        ("plink", "-V"),
        (("plink", "-batch", "-hostkey", "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "{host}"),),
        "openssh",
    ),
    Program(
        "curl (libssh2)",
        ("curl", "--version"),
        (("curl", "-skm5", "-u", "a:b", "sftp://{host}/"),),
        "openssh",
    ),
    _python(
        "Paramiko (Python)",
        "paramiko",
        "import paramiko; c=paramiko.SSHClient(); c.set_missing_host_key_policy(paramiko.AutoAddPolicy()); "
        "c.connect('{host}', username='a', password='b')",
        server="openssh",
    ),
    _python(
        "AsyncSSH (Python)",
        "asyncssh",
        "import asyncio, asyncssh; asyncio.run(asyncssh.connect('{host}', known_hosts=None, username='a', "
        "password='b').__aenter__())",
        server="openssh",
    ),
    Program("OpenSSH server", ("ssh", "-V"), (SSH_CLIENT,), "openssh", serves=True),
    Program("Dropbear server", ("dropbear", "-V"), (SSH_CLIENT,), "dropbear", serves=True),
    Program(
        "AsyncSSH server (Python)",
        ("{python}", "-c", "import asyncssh; print(asyncssh.__version__)"),
        (SSH_CLIENT,),
        "asyncssh",
        serves=True,
    ),
)

"""Sinks on loopback: HTTP ones that do as they are told, listeners, and certificates for them."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from procwire.courier.hosts import Hosts
from procwire.courier.http import Post, place_of
from procwire.model.sink import Item

HOST = "127.0.0.1"


def item(n: int = 0, body: bytes = b'{"n":1}', **more: Any) -> Item:
    return Item(key=f"key-{n}", body=body, subject=f"subject {n}", rank=3, time=1_790_000_000_123_456_789,
                host="sensor1", **more)  # fmt: skip


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers as its sink says."""

    sink: HttpSink
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        self.sink.connections += 1
        super().setup()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(body) < int(self.headers["Content-Length"]):
            return  # whoever sent it was killed
        self.sink.seen.append((self.path, dict(self.headers.items()), body))
        answer = self.sink.answers.pop(0) if len(self.sink.answers) > 1 else self.sink.answers[0]
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, str):
            self.misbehave(answer)
            return
        status, text, headers = answer if isinstance(answer, tuple) else (answer, b"", {})
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def misbehave(self, how: str) -> None:
        self.close_connection = True
        if how == "stall":
            self.sink.released.wait(20)
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()

    def log_message(self, *_: Any) -> None:
        pass


class HttpSink:
    """``answers`` are taken one by one, the last for good: a status, (status, body, headers), or a word.

    Words: ``reset`` ends the connection with RST, ``close`` without an answer, ``stall`` says nothing.
    """

    def __init__(self, *answers: Any, tls: ssl.SSLContext | None = None) -> None:
        self.answers = list(answers) or [200]
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"sink": self})

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                pass

        self.server = Server((HOST, 0), handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(poll_interval=0.02))

    def __enter__(self) -> HttpSink:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/in"

    def post(self, path: str = "/in", timeout: float = 5.0) -> Post:
        place = place_of(f"http://{HOST}:{self.port}{path}", "x")
        return Post(place, Hosts([(HOST, self.port)]), None, timeout)


def bulk_answer(body: bytes) -> tuple[int, bytes, dict[str, str]]:
    """What Elasticsearch says where all is well, by what it was told."""
    actions = [json.loads(line) for line in body.splitlines()[::2]]
    items = [{"create": {"_id": one["create"]["_id"], "status": 201}} for one in actions]
    return 200, json.dumps({"errors": False, "items": items}).encode(), {}


class Listener:
    """Takes TCP connections and keeps what comes over each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_server((HOST, 0))
        self.port = self.socket.getsockname()[1]
        self.data = bytearray()
        self.peers: list[socket.socket] = []
        self._tls = tls
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for peer in self.peers:
            peer.close()
        self._thread.join()

    def drop(self) -> None:
        """Close what is open, as a server that is started anew does."""
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.socket.accept()
                if self._tls is not None:
                    peer = self._tls.wrap_socket(peer, server_side=True)
            except OSError:
                return
            self.peers.append(peer)
            with contextlib.suppress(OSError):
                while data := peer.recv(65536):
                    self.data += data


def wait_for(ready: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := ready()):
        assert time.monotonic() < end, "it did not come to it"
        time.sleep(0.005)
    return value


def free_port() -> int:
    with socket.create_server((HOST, 0)) as made:
        return int(made.getsockname()[1])


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
        return True
    return False


@contextlib.contextmanager
def program(*words: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A real server, until the block ends."""
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(port) or child.poll() is not None)
        assert child.poll() is None, f"{words[0]} has ended"
        yield child
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and localhost that vouches for itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, private


def server_context(pem: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context

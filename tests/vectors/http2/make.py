"""HTTP/2 without TLS by nghttpd, h2, nghttp and curl; gRPC by grpcio."""

from __future__ import annotations

import sys

from tests.vectors.scene import SERVER, Scene

PROGRAM = "tests.vectors.http2.grpc_peer"


def nghttpd(scene: Scene) -> None:
    """A server with two files."""
    (scene.folder / "index.html").write_text("<h1>It works</h1>\n" * 20)
    (scene.folder / "style.css").write_text("h1 { color: red }\n")
    scene.serve(80, "nghttpd", "--no-tls", "-d", str(scene.folder), "-p/index.html=/style.css", "80")


def curl(scene: Scene, *words: str) -> None:
    """One quiet curl call that knows www.example.com."""
    resolve = ("--resolve", f"www.example.com:80:{SERVER}")
    scene.client.run("curl", "-s", "-o", "/dev/null", "-o", "/dev/null", "--max-time", "10", *resolve, *words,
                     check=False)  # fmt: skip


def prior(scene: Scene) -> None:
    """Prior knowledge: requests one after another, a push, a login, a body."""
    nghttpd(scene)
    base = "http://www.example.com"
    curl(scene, "--http2-prior-knowledge", "-u", "alice:wonderland", f"{base}/", f"{base}/missing?token=abc")
    scene.client.run("nghttp", "-n", "-d", "/etc/hostname", f"http://{SERVER}/index.html", check=False)


def upgrade(scene: Scene) -> None:
    """HTTP/1.1 that offers h2c."""
    scene.serve(80, sys.executable, "-m", "tests.vectors.http2.upgrade_peer", "80")
    curl(scene, "--http2", "http://www.example.com/one", "http://www.example.com/two")
    scene.client.run("nghttp", "-nu", f"http://{SERVER}/three", check=False)


def grpc(scene: Scene) -> None:
    """A call that succeeds, one with a stream, one that fails."""
    scene.serve(50051, sys.executable, "-m", PROGRAM, "serve", "50051")
    scene.client.start(sys.executable, "-m", PROGRAM, "call", f"{SERVER}:50051").wait(20)


SCENARIOS = {"prior": prior, "upgrade": upgrade, "grpc": grpc}

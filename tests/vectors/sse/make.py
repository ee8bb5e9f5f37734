"""Server-sent events by Python's own server and curl: until the end of the connection, and in chunks."""

from __future__ import annotations

import sys

from tests.vectors.scene import SERVER, Scene


def events(scene: Scene) -> None:
    """Three events each way."""
    scene.serve(80, sys.executable, "-m", "tests.vectors.sse.peer", "80")
    for path in ("plain", "chunked"):
        scene.client.run(
            "curl", "-sN", "-o", "/dev/null", "--max-time", "5", f"http://{SERVER}/{path}", check=False
        )


SCENARIOS = {"events": events}

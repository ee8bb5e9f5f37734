"""WebSocket by websockets: texts, a fragmented binary, compression, a ping, a close."""

from __future__ import annotations

import sys

from tests.vectors.scene import SERVER, Scene

PORT = 8765
PROGRAM = "tests.vectors.websocket.peer"


def talk(scene: Scene) -> None:
    """One connection with compression, one without."""
    scene.serve(PORT, sys.executable, "-m", PROGRAM, "serve", str(PORT))
    scene.client.start(sys.executable, "-m", PROGRAM, "talk", f"ws://{SERVER}:{PORT}/chat").wait(20)
    scene.client.start(sys.executable, "-m", PROGRAM, "plain", f"ws://{SERVER}:{PORT}/chat").wait(20)


SCENARIOS = {"talk": talk}

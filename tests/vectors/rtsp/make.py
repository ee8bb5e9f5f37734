"""RTSP by GStreamer's server and client: a recording of noise, played over UDP and within the connection."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene

PEER = "tests.vectors.rtsp.peer"


def play(scene: Scene, protocols: str, buffers: int) -> None:
    """Serve, and play a few packets."""
    scene.serve(8554, "/usr/bin/python3", "-m", PEER, SERVER, "8554")
    scene.client.run(
        "timeout", "20", "gst-launch-1.0", "-q", "rtspsrc", f"location=rtsp://{SERVER}:8554/noise",
        f"protocols={protocols}", "!", "fakesink", f"num-buffers={buffers}", check=False,
    )  # fmt: skip


def udp(scene: Scene) -> None:
    """Media on ports of their own."""
    play(scene, "udp", 12)


def tcp(scene: Scene) -> None:
    """Media within the connection."""
    play(scene, "tcp", 12)


SCENARIOS = {"udp": udp, "tcp": tcp}

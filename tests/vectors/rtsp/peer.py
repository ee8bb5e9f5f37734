"""A server of noise: ``peer.py ADDRESS PORT``, with GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0)."""

from __future__ import annotations

import sys
from typing import Any

PIPELINE = (
    "( audiotestsrc is-live=true wave=white-noise samplesperbuffer=160 ! audio/x-raw,rate=8000,channels=1 "
    "! audioconvert ! rtpL16pay name=pay0 pt=96 )"
)


def main(address: str, port: str) -> None:
    """Serve /noise until killed."""
    gi: Any = __import__("gi")
    gi.require_version("GstRtspServer", "1.0")
    repository: Any = __import__("gi.repository", fromlist=["GLib", "Gst", "GstRtspServer"])
    repository.Gst.init(None)
    server = repository.GstRtspServer.RTSPServer()
    server.set_address(address)
    server.set_service(port)
    factory = repository.GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE)
    server.get_mount_points().add_factory("/noise", factory)
    server.attach(None)
    repository.GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])

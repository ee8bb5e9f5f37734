"""RTP and RTCP by GStreamer: a tone from one host to the other, with the reports of both."""

from __future__ import annotations

from tests.vectors.scene import CLIENT, SERVER, Scene

CAPS = "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0"
QUIET = ("sync=false", "async=false")


def tone(scene: Scene) -> None:
    """Six seconds: the first reports come after some."""
    scene.serve(5004, "gst-launch-1.0", "-q", "rtpbin", "name=b", "udpsrc", "port=5004", f"caps={CAPS}", "!",
                "b.recv_rtp_sink_0", "b.", "!", "rtppcmudepay", "!", "fakesink", "udpsrc", "port=5005", "!",
                "b.recv_rtcp_sink_0", "b.send_rtcp_src_0", "!", "udpsink", f"host={CLIENT}", "port=5005",
                *QUIET, udp=True)  # fmt: skip
    sent = (
        "is-live=true",
        "num-buffers=300",
        "samplesperbuffer=160",
        "!",
        "audio/x-raw,rate=8000,channels=1",
    )
    scene.client.run("timeout", "20", "gst-launch-1.0", "-q", "rtpbin", "name=b", "audiotestsrc", *sent, "!",
                     "mulawenc", "!", "rtppcmupay", "max-ptime=20000000", "!", "b.send_rtp_sink_0",
                     "b.send_rtp_src_0", "!", "udpsink", f"host={SERVER}", "port=5004",
                     "b.send_rtcp_src_0", "!", "udpsink", f"host={SERVER}", "port=5005", *QUIET,
                     "udpsrc", "port=5005", "!", "b.recv_rtcp_sink_0", check=False)  # fmt: skip


SCENARIOS = {"tone": tone}

"""Syslog by logger of util-linux, in both formats, over UDP and TCP."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def logger(scene: Scene) -> None:
    """To a collector that only listens."""
    scene.serve(514, "nc", "-k", "-l", "514")
    scene.serve(514, "nc", "-k", "-u", "-l", "514", udp=True)
    words = ("logger", "-n", SERVER, "-P", "514", "-t", "backup", "-p", "cron.err")
    scene.client.run(*words, "-d", "--rfc3164", "disk is full: 3 files left out")
    scene.client.run(
        *words,
        "-d",
        "--rfc5424",
        "--id=77",
        "--msgid",
        "DISK",
        "--sd-id",
        "disk@32473",
        "--sd-param",
        'free="0"',
        "disk is full",
    )
    scene.client.run(*words, "-T", "--rfc5424", "--octet-count", "counted")
    scene.client.run(*words, "-T", "--rfc3164", "ended by a line")


SCENARIOS = {"logger": logger}

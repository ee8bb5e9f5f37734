"""LLMNR by llmnrd, which answers for its host's name, and its own client."""

from __future__ import annotations

from tests.vectors.scene import Scene


def lookup(scene: Scene) -> None:
    """A name that is there, for both kinds of address, and one that is not."""
    scene.serve(5355, "llmnrd", "-H", "fileserver", "-i", "eth0", udp=True)
    for words in (("fileserver",), ("-T", "AAAA", "fileserver"), ("nobody",)):
        scene.client.run("timeout", "5", "llmnr-query", "-I", "eth0", "-c", "1", *words, check=False)


SCENARIOS = {"names": lookup}

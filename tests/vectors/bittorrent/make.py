"""BitTorrent by aria2: the DHT's first questions, a tracker over UDP, two peers, and a handshake by hand."""

from __future__ import annotations

import hashlib

from tests.lab import wait_for
from tests.vectors.scene import CLIENT, SERVER, Scene

SIZE = 2000


def torrent(scene: Scene) -> bytes:
    """A torrent of one small file, and the file for the seed."""
    body = bytes(range(250)) * (SIZE // 250)
    (scene.folder / "seed").mkdir()
    (scene.folder / "leech").mkdir()
    (scene.folder / "seed" / "file.bin").write_bytes(body)
    pieces = hashlib.sha1(body).digest()
    info = b"d6:lengthi%de4:name8:file.bin12:piece lengthi16384e6:pieces20:%be" % (SIZE, pieces)
    tracker = f"udp://{SERVER}:6969/announce".encode()
    described = b"d8:announce%d:%b4:info%be" % (len(tracker), tracker, info)
    (scene.folder / "file.torrent").write_bytes(described)
    return hashlib.sha1(info).digest()


def peers(scene: Scene) -> None:
    """A seed and a leech that a tracker brings together."""
    identity = torrent(scene)
    scene.serve(6969, "opentracker", "-i", SERVER, "-P", "6969", "-p", "6969", udp=True)
    words = ("aria2c", "--quiet", "--enable-dht=true", "--enable-peer-exchange=false", "--bt-enable-lpd=true",
             "--listen-port=6881", "--dht-listen-port=6882", "--check-integrity=true")  # fmt: skip
    place = str(scene.folder)
    scene.server.start(*words, "--seed-ratio=0", f"--dht-file-path={place}/d1", f"--bt-external-ip={SERVER}",
                       "-d", f"{place}/seed", f"{place}/file.torrent")  # fmt: skip
    wait_for(lambda: scene.server.listening(6881), what="the seed")
    leech = ("--seed-time=0", f"--dht-file-path={place}/d2", f"--dht-entry-point={SERVER}:6882")
    scene.client.start(*words, *leech, "-d", f"{place}/leech", f"{place}/file.torrent",
                       f"--bt-external-ip={CLIENT}")  # fmt: skip
    got = scene.folder / "leech" / "file.bin"
    wait_for(lambda: got.exists() and got.stat().st_size == SIZE, seconds=25, what="the file")
    connection = scene.client.socket()  # aria2's own peers encrypt their handshake
    connection.settimeout(5)
    connection.connect((SERVER, 6881))
    connection.sendall(b"\x13BitTorrent protocol" + bytes(8) + identity + b"-XX0001-abcdefghijkl")
    connection.recv(65536)
    connection.close()


SCENARIOS = {"peers": peers}

"""Aerospike's own client; the node that answers it is a small one made here."""

from __future__ import annotations

import base64

from tests.vectors.answering import answering, python
from tests.vectors.scene import SERVER, Scene

CLIENT = f"""
import aerospike
client = aerospike.client({{"hosts": [("{SERVER}", 3000)], "policies": {{"timeout": 2000}}}}).connect()
key = ("shop", "carts", "alice")
client.put(key, {{"items": 3}})
client.get(key)
client.remove(key)
client.close()
"""
INFO = {
    b"node": b"BB9020011AC4202",
    b"features": b"batch-any;pipelining;peers;replicas;query-show",
    b"build": b"6.4.0.1",
    b"partitions": b"4096",
    b"partition-generation": b"0",
    b"peers-generation": b"0",
    b"peers-clear-std": b"0,3000,[]",
    b"service-clear-std": f"{SERVER}:3000".encode(),
    b"cluster-name": b"null",
    b"tend-update": b"",
}


def answer(data: bytes) -> bytes:
    """One node that owns every partition of one namespace."""
    if data[1] == 1:
        owned = base64.b64encode(b"\xff" * 512)
        told = INFO | {b"replicas": b"shop:0,1," + owned}
        names = [one for one in data[8:].split(b"\n") if one]
        body = b"".join(name + b"\t" + told.get(name, b"") + b"\n" for name in names)
        return bytes((2, 1)) + len(body).to_bytes(6, "big") + body
    body = bytes((22, 0, 0, 0, 0, 0)) + bytes(16)
    return bytes((2, 3)) + len(body).to_bytes(6, "big") + body


def size(data: bytes) -> int:
    return 8 + int.from_bytes(data[2:8], "big") if len(data) > 7 else 0


def session(scene: Scene) -> None:
    """What the cluster is, then a record that is written, read and removed."""
    with answering(scene, 3000, lambda: answer, size):
        python(scene, CLIENT)


SCENARIOS = {"session": session}

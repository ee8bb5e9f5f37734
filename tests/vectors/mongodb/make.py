"""pymongo as the client; the server that answers it is a small one made here, of pymongo's own codec."""

from __future__ import annotations

import struct
from typing import Any

from tests.vectors.answering import answering, python
from tests.vectors.scene import SERVER, Scene

HELLO = {"helloOk": True, "isWritablePrimary": True, "maxBsonObjectSize": 1 << 24,
         "maxMessageSizeBytes": 48000000,
         "maxWriteBatchSize": 1000, "minWireVersion": 0, "maxWireVersion": 21, "ok": 1.0,
         "topologyVersion": None}  # fmt: skip
CLIENT = f"""
import pymongo
url = "mongodb://{SERVER}/?appName=vectors&serverSelectionTimeoutMS=2000&heartbeatFrequencyMS=60000"
client = pymongo.MongoClient(url, serverMonitoringMode="poll")
pets = client.zoo.pets
pets.insert_one({{"name": "cat", "legs": 4}})
list(pets.find({{"legs": 4}}))
try:
    client.zoo.command("nonsense")
except pymongo.errors.OperationFailure:
    pass
client.close()
try:
    login = dict(username="alice", password="wonderland", authMechanism="PLAIN")
    pymongo.MongoClient(url, **login).zoo.command("ping")
except pymongo.errors.PyMongoError:
    pass
"""


def answer(data: bytes) -> bytes:
    """What a MongoDB would say to what the script asks."""
    import bson

    number, opcode = struct.unpack("<i", data[4:8])[0], struct.unpack("<i", data[12:16])[0]
    at = data.index(b"\0", 20) + 9 if opcode == 2004 else 21
    asked: dict[str, Any] = bson.decode(data[at : at + struct.unpack("<i", data[at : at + 4])[0]])
    name = next(iter(asked))
    reply: dict[str, Any] = {"ok": 1.0}
    if name.lower() in {"hello", "ismaster"}:
        reply = {key: value for key, value in HELLO.items() if value is not None}
    elif name == "insert":
        reply = {"n": 1, "ok": 1.0}
    elif name == "find":
        first = [{"name": "cat", "legs": 4}]
        reply = {"cursor": {"firstBatch": first, "id": 0, "ns": "zoo.pets"}, "ok": 1.0}
    elif name == "saslStart":
        reply = {
            "ok": 0.0,
            "errmsg": "Authentication failed.",
            "code": 18,
            "codeName": "AuthenticationFailed",
        }
    elif name == "nonsense":
        reply = {
            "ok": 0.0,
            "errmsg": "no such command: 'nonsense'",
            "code": 59,
            "codeName": "CommandNotFound",
        }
    body: bytes = bson.encode(reply)
    if opcode == 2004:
        body = struct.pack("<iqii", 8, 0, 0, 1) + body
        return struct.pack("<iiii", 16 + len(body), number + 1000, number, 1) + body
    body = bytes(5) + body
    return struct.pack("<iiii", 16 + len(body), number + 1000, number, 2013) + body


def session(scene: Scene) -> None:
    """Hello, insert, find, an error, a login with the password in clear."""
    with answering(scene, 27017, lambda: answer, lambda data: int.from_bytes(data[:4], "little")):
        python(scene, CLIENT)


SCENARIOS = {"session": session}

"""kafka-python as the client; the broker that answers it is a small one made here, of the protocol guide."""

from __future__ import annotations

import struct

from tests.vectors.answering import answering, python
from tests.vectors.scene import SERVER, Scene

CLIENT = f"""
import kafka
settings = dict(bootstrap_servers="{SERVER}:9092", client_id="vectors", request_timeout_ms=2000)
producer = kafka.KafkaProducer(**settings, api_version=(0, 11), retries=0, max_block_ms=2000,
                               security_protocol="SASL_PLAINTEXT", sasl_mechanism="PLAIN",
                               sasl_plain_username="alice", sasl_plain_password="wonderland")
producer.send("pets", b"meow").get(timeout=2)
producer.close()
"""
VERSIONS = ((0, 0, 5), (1, 0, 5), (3, 0, 4), (17, 0, 1), (18, 0, 2), (36, 0, 0))


def string(text: str) -> bytes:
    return struct.pack("!H", len(text)) + text.encode()


def answer(data: bytes) -> bytes:
    """One broker with one topic of one partition; every layout in its oldest form."""
    api, version, number = struct.unpack("!HHI", data[4:12])
    body = b""
    if api == 18:
        body = struct.pack("!HI", 0, len(VERSIONS)) + b"".join(struct.pack("!HHH", *one) for one in VERSIONS)
        body += bytes(4) if version >= 1 else b""
    elif api == 17:
        body = struct.pack("!HI", 0, 1) + string("PLAIN")
    elif api == 36:
        body = struct.pack("!HhI", 0, -1, 0)
    elif api == 3:
        broker = struct.pack("!II", 1, 1) + string(SERVER) + struct.pack("!I", 9092)
        broker += struct.pack("!h", -1) if version >= 1 else b""  # rack
        broker = (bytes(4) if version >= 3 else b"") + broker
        broker += struct.pack("!h", -1) if version >= 2 else b""  # cluster
        broker += struct.pack("!I", 1) if version >= 1 else b""  # controller
        part = struct.pack("!HIIIIII", 0, 0, 1, 1, 1, 1, 1)
        topic = struct.pack("!H", 0) + string("pets") + (b"\0" if version >= 1 else b"")
        body = broker + struct.pack("!I", 1) + topic + struct.pack("!I", 1) + part
    elif api == 0:
        body = struct.pack("!I", 1) + string("pets") + struct.pack("!IIHqq", 1, 0, 0, 0, -1) + bytes(4)
        body = body[:-4] + (struct.pack("!q", 0) if version >= 5 else b"") + bytes(4)
    reply = struct.pack("!I", number) + body
    return struct.pack("!I", len(reply)) + reply


def session(scene: Scene) -> None:
    """A login in clear, metadata, one message."""
    with answering(scene, 9092, lambda: answer, lambda data: 4 + int.from_bytes(data[:4], "big")):
        python(scene, CLIENT)


SCENARIOS = {"session": session}

"""Android's adb as the host; the device that answers it is a small one made here, of ``adb/protocol.txt``."""

from __future__ import annotations

import struct

from tests.vectors.answering import Answer, answering
from tests.vectors.scene import SERVER, Scene

BANNER = b"device::ro.product.name=vectors;ro.product.model=Box;ro.product.device=box;features=cmd"


def message(command: bytes, first: int, second: int, data: bytes = b"") -> bytes:
    magic = bytes(byte ^ 0xFF for byte in command)
    return command + struct.pack("<IIII", first, second, len(data), sum(data) & 0xFFFFFFFF) + magic + data


def device() -> Answer:
    """A device without locks, with one command."""

    def answer(data: bytes) -> bytes:
        stream = struct.unpack("<I", data[4:8])[0]
        if data[:4] == b"CNXN":
            return message(b"CNXN", 0x01000000, 4096, BANNER)
        if data[:4] == b"OPEN":
            ready = message(b"OKAY", 9, stream)
            return (
                ready + message(b"WRTE", 9, stream, b"meow\n")
                if b"shell" in data
                else message(b"CLSE", 0, stream)
            )
        return message(b"CLSE", 9, stream) if data[:4] == b"OKAY" else b""

    return answer


def session(scene: Scene) -> None:
    """A connection, one command, a service that is refused."""
    adb = ("env", "HOME=" + str(scene.folder), "adb", "-P", "5039")
    with answering(scene, 5555, device, lambda data: 24 + int.from_bytes(data[12:16], "little")):
        scene.client.run(*adb, "connect", f"{SERVER}:5555", check=False)
        scene.client.run(*adb, "-s", f"{SERVER}:5555", "shell", "echo meow", check=False)
        scene.client.run(*adb, "-s", f"{SERVER}:5555", "reboot", check=False)
        scene.client.run(*adb, "kill-server", check=False)


SCENARIOS = {"session": session}

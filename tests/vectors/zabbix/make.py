"""Zabbix's own agent: passive checks asked by hand, active checks asked of a small server made here."""

from __future__ import annotations

import json
import struct

from tests.lab import wait_for
from tests.vectors.answering import answering
from tests.vectors.scene import CLIENT, SERVER, Scene


def framed(text: bytes) -> bytes:
    return b"ZBXD\1" + struct.pack("<II", len(text), 0) + text


def answer(data: bytes) -> bytes:
    """One item to check; everything that is sent is taken."""
    asked = json.loads(data[13:])
    reply: dict[str, object] = {"response": "success"}
    if asked["request"] == "active checks":
        reply["data"] = [{"key": "agent.ping", "itemid": 1, "delay": 1, "lastlogsize": 0, "mtime": 0}]
    elif asked["request"] == "agent data":
        reply["info"] = "processed: 1; failed: 0; total: 1; seconds spent: 0.000030"
    return framed(json.dumps(reply).encode())


def session(scene: Scene) -> None:
    """The agent is on the server's host; who asks it is on the client's, and so is its server."""
    settings = scene.folder / "agent.conf"
    settings.write_text(
        f"Server={CLIENT}\nServerActive={SERVER}:10051\nHostname=box\nListenIP={CLIENT}\nListenPort=10050\n"
        f"LogType=console\nAllowRoot=1\nPidFile={scene.folder}/pid\nStartAgents=1\n".replace(
            f"Server={CLIENT}", f"Server={SERVER}"
        )
    )
    got: list[bytes] = []

    def seen(data: bytes) -> bytes:
        got.append(data)
        return answer(data)

    with answering(scene, 10051, lambda: seen, lambda data: 13 + int.from_bytes(data[5:9], "little")):
        scene.client.start("zabbix_agentd", "-f", "-c", str(settings))
        wait_for(lambda: scene.client.listening(10050), what="the agent")
        for key in (b"agent.version", b"no.such.key"):
            connection = scene.server.socket()
            connection.settimeout(5)
            connection.connect((CLIENT, 10050))
            connection.sendall(framed(key))
            while connection.recv(4096):
                pass
            connection.close()
        wait_for(lambda: any(b"agent data" in one for one in got), what="the agent's data", seconds=20)


SCENARIOS = {"session": session}

"""A2SQuery as the client; the game server that answers is a small one made here, of Valve's description."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

GAME = f"""
import socket
info = (b"I" + bytes((17,)) + b"My server" + bytes(1) + b"de_dust" + bytes(1) + b"csgo" + bytes(1)
        + b"Counter-Strike" + bytes((0, 0xDA, 2, 2, 24, 0)) + b"dl" + bytes((0, 1)) + b"1.38.2.2" + bytes(2))
players = b"D" + bytes((1, 0)) + b"alice" + bytes((0, 7, 0, 0, 0, 0, 0, 0x80, 0x3F))
rules = b"E" + bytes((1, 0)) + b"mp_teamplay" + bytes(1) + b"1" + bytes(1)
challenge = bytes((0x4B, 0xA1, 0xD5, 0x22))
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
wire.bind(("{SERVER}", 27015))
while True:
    asked, who = wire.recvfrom(1500)
    known = asked.endswith(challenge)
    answer = {{0x54: info, 0x55: players, 0x56: rules}}[asked[4]] if known else b"A" + challenge
    wire.sendto(bytes((255,)) * 4 + answer, who)
"""
CLIENT = f"""
from a2squery import A2SQuery
with A2SQuery("{SERVER}") as game:
    for ask in (game.info, game.players, game.rules):
        print(ask())
"""


def session(scene: Scene) -> None:
    """The server's state, its players, its rules: each behind a challenge."""
    serving(scene, 27015, GAME, udp=True)
    python(scene, CLIENT)


SCENARIOS = {"session": session}

"""Both ends: ``python -m tests.vectors.websocket.peer serve PORT | talk URL | plain URL``."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import websockets


async def echo(connection: Any) -> None:
    """Send back what comes."""
    async for message in connection:
        await connection.send(message)


async def serve(port: int) -> None:
    """Serve until ended."""
    async with websockets.serve(echo, "0.0.0.0", port):
        await asyncio.Future()


async def talk(url: str, compression: str | None) -> None:
    """A short conversation."""
    async with websockets.connect(url, compression=compression) as connection:
        await connection.send("hello " * 20)
        await connection.recv()
        await connection.send([b"part one", b"part two", b"x" * 300])
        await connection.recv()
        await (await connection.ping(b"are you there"))
        await connection.close(4000, "enough")


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        asyncio.run(serve(int(sys.argv[2])))
    else:
        asyncio.run(talk(sys.argv[2], "deflate" if sys.argv[1] == "talk" else None))

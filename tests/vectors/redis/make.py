"""Redis and redis-cli: commands, errors, a password, RESP3, publish and subscribe, a typed line."""

from __future__ import annotations

from tests.lab import wait_for
from tests.vectors.scene import SERVER, Scene


def cli(scene: Scene, *words: str) -> None:
    """One call of redis-cli; without a terminal it asks for nothing of its own."""
    scene.client.run("redis-cli", "-h", SERVER, *words, check=False)


def pipe(scene: Scene, *commands: str) -> None:
    """Commands sent at once on one connection."""
    script = scene.folder / "script"
    parts = [command.split() for command in commands]
    script.write_text(
        "".join(f"*{len(one)}\r\n" + "".join(f"${len(word)}\r\n{word}\r\n" for word in one) for one in parts)
    )
    with script.open("rb") as sent:
        scene.client.start("redis-cli", "-h", SERVER, "--pipe", stdin=sent).wait(10)


def session(scene: Scene) -> None:
    """Strings, lists, an error, a password, RESP3, messages, a line typed by hand."""
    scene.serve(6379, "redis-server", "--bind", SERVER, "--save", "", "--protected-mode", "no", "--dir",
                str(scene.folder))  # fmt: skip
    pipe(scene, "SET greeting hello EX 60", "GET greeting", "GET missing", "LPUSH list a b c",
    "LRANGE list 0 -1",
         "INCR greeting", "NOSUCH thing", "MULTI", "INCR n", "EXEC")  # fmt: skip
    cli(scene, "HSET", "h", "one", "1", "two", "2")
    cli(scene, "-3", "HGETALL", "h")
    cli(scene, "CONFIG", "SET", "requirepass", "wonderland")
    cli(scene, "--user", "default", "--pass", "wonderland", "--no-auth-warning", "PING")
    pipe(scene, "AUTH wrong", "AUTH wonderland", "DBSIZE")
    listener = scene.client.start("redis-cli", "-h", SERVER, "-a", "wonderland", "SUBSCRIBE", "news")
    asked = ("redis-cli", "-h", SERVER, "-a", "wonderland", "--no-auth-warning", "PUBSUB", "CHANNELS")
    wait_for(lambda: "news" in scene.server.run(*asked), what="the subscription")
    cli(scene, "-a", "wonderland", "PUBLISH", "news", "fresh")
    listener.terminate()
    listener.wait(5)
    connection = scene.client.socket()
    connection.settimeout(5)
    connection.connect((SERVER, 6379))
    connection.sendall(b"AUTH wonderland\r\n")
    connection.recv(100)
    connection.sendall(b"PING\r\n")
    connection.recv(100)
    connection.close()


SCENARIOS = {"session": session}

"""libcoap's server and client: requests, an error, an observed resource, a block-wise one."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def session(scene: Scene) -> None:
    """One server, several requests."""
    scene.serve(5683, "coap-server-notls", "-A", SERVER, "-d", "10", udp=True)
    base = f"coap://{SERVER}"
    for words in (("-m", "get", f"{base}/time?ticks"), ("-m", "get", f"{base}/missing"),
                  ("-m", "put", "-e", "meow", f"{base}/pets/cat"), ("-N", "-m", "get", f"{base}/pets/cat"),
                  ("-m", "get", "-s", "2", f"{base}/time"), ("-m", "delete", f"{base}/pets/cat"),
                  ("-m", "get", "-b", "16", f"{base}/")):  # fmt: skip
        scene.client.run("coap-client-notls", "-B", "3", *words, check=False)


SCENARIOS = {"session": session}

"""Mosquitto and its clients: MQTT 3.1.1 and 5, a password, a refusal, a will, a retained message."""

from __future__ import annotations

from tests.lab import run, wait_for
from tests.vectors.scene import SERVER, Scene

USER = ("-u", "alice", "-P", "wonderland")


def session(scene: Scene) -> None:
    """One that listens with MQTT 5, some that publish with 3.1.1, one that is refused."""
    passwords, configuration = scene.folder / "passwords", scene.folder / "mosquitto.conf"
    run("mosquitto_passwd", "-c", "-b", str(passwords), "alice", "wonderland")
    passwords.chmod(0o644)
    configuration.write_text(f"listener 1883 {SERVER}\nallow_anonymous false\npassword_file {passwords}\n")
    scene.serve(1883, "mosquitto", "-c", str(configuration))
    log = scene.folder / "log"
    with log.open("wb") as out:
        listener = scene.client.start("stdbuf", "-oL", "mosquitto_sub", "-h", SERVER, "-V", "5", *USER, "-i",
        "listener", "-q", "1", "-t",
                                      "zoo/#", "-t", "weather", "--will-topic", "gone", "--will-payload",
                                      "bye", "-d",
                                      stdout=out)  # fmt: skip
        wait_for(lambda: b"Subscribed" in log.read_bytes(), what="the subscription")
        publish = ("mosquitto_pub", "-h", SERVER, *USER, "-i", "publisher")
        scene.client.run(*publish, "-t", "zoo/cat", "-m", "meow", "-q", "1", "-r")
        scene.client.run(*publish, "-t", "zoo/emu", "-m", "x" * 300)
        wait_for(lambda: b"x" * 300 in log.read_bytes(), what="the message")
        listener.terminate()
        listener.wait(5)
    scene.client.run(
        "mosquitto_pub", "-h", SERVER, "-u", "alice", "-P", "wrong", "-t", "t", "-m", "m", check=False
    )


SCENARIOS = {"session": session}

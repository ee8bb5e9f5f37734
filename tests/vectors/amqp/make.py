"""RabbitMQ with pika (0-9-1) and Qpid Proton (1.0)."""

from __future__ import annotations

import os
import subprocess

from tests.lab import run, wait_for
from tests.vectors.answering import python
from tests.vectors.scene import SERVER, Scene

RABBIT = "/usr/lib/rabbitmq/bin"
OLD = f"""
import pika
login = pika.PlainCredentials("alice", "wonderland")
connection = pika.BlockingConnection(pika.ConnectionParameters("{SERVER}", credentials=login))
channel = connection.channel()
channel.exchange_declare("zoo", exchange_type="topic")
channel.queue_declare("pets")
channel.queue_bind("pets", "zoo", "cat.*")
channel.basic_publish("zoo", "cat.black", b"meow")
channel.basic_get("pets", auto_ack=True)
try:
    channel.queue_declare("missing", passive=True)
except pika.exceptions.ChannelClosedByBroker:
    pass
connection.close()
"""
REFUSED = OLD.replace('"wonderland"', '"wrong"')
NEW = f"""
import proton.utils
url = "amqp://alice:wonderland@{SERVER}:5672"
connection = proton.utils.BlockingConnection(url, timeout=5, allowed_mechs="PLAIN", allow_insecure_mechs=True)
sender = connection.create_sender("/queue/pets")
sender.send(proton.Message(body="meow"))
connection.close()
"""


def session(scene: Scene) -> None:
    """Both versions, and a login that is refused."""
    home = scene.folder / "rabbit"
    home.mkdir()
    run("chown", "rabbitmq", str(home))
    settings = {
        "HOME": str(home), "RABBITMQ_MNESIA_BASE": str(home), "RABBITMQ_LOG_BASE": str(home),
        "RABBITMQ_NODENAME": "vectors@localhost", "RABBITMQ_NODE_IP_ADDRESS": SERVER,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"), "RABBITMQ_CONFIG_FILE": str(home / "none"),
        "PATH": os.environ["PATH"], "ERL_EPMD_ADDRESS": "127.0.0.1",
    }  # fmt: skip
    (home / "plugins").write_text("[rabbitmq_amqp1_0].\n")
    (home / ".erlang.cookie").write_text("VECTORS")
    (home / ".erlang.cookie").chmod(0o400)
    run("chown", "rabbitmq", str(home / ".erlang.cookie"), str(home / "plugins"))
    words = ("env", "-i", *[f"{key}={value}" for key, value in settings.items()], "setpriv",
    "--reuid=rabbitmq",
             "--regid=rabbitmq", "--clear-groups")  # fmt: skip
    scene.server.start(*words, f"{RABBIT}/rabbitmq-server")
    wait_for(lambda: scene.server.listening(5672), seconds=60, what="RabbitMQ")
    control = [*scene.server.words(*words), f"{RABBIT}/rabbitmqctl"]
    wait_for(
        lambda: subprocess.run([*control, "await_startup"], capture_output=True, check=False).returncode == 0
    )
    for order in ("add_user alice wonderland", "set_permissions alice .* .* .*"):
        run(*control, *order.split())
    python(scene, OLD)
    python(scene, REFUSED)
    python(scene, NEW)
    run(*control, "stop", check=False)
    run(*scene.server.words(*words), "epmd", "-kill", check=False)  # it would outlive the broker


SCENARIOS = {"session": session}

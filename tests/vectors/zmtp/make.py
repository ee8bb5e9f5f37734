"""libzmq by pyzmq: a question with its answer, a subscription, a password in clear, CURVE."""

from __future__ import annotations

from tests.vectors.answering import python, serving
from tests.vectors.scene import SERVER, Scene

HEAD = """
import zmq, zmq.auth, time
from zmq.auth.thread import ThreadAuthenticator
"""
ANSWERER = (
    HEAD
    + f"""
context = zmq.Context()
guard = ThreadAuthenticator(context)
guard.start()
guard.configure_plain(domain="*", passwords={{"alice": "wonderland"}})
open_one, closed_one = context.socket(zmq.REP), context.socket(zmq.REP)
closed_one.plain_server = True
open_one.bind("tcp://{SERVER}:5556")
closed_one.bind("tcp://{SERVER}:5555")
poller = zmq.Poller()
for one in (open_one, closed_one):
    poller.register(one, zmq.POLLIN)
while True:
    for one, _ in poller.poll():
        one.send(one.recv() + b"!")
"""
)
ASKER = (
    HEAD
    + f"""
context = zmq.Context()
for port, user, password in ((5556, "", ""), (5555, "alice", "wonderland"), (5555, "alice", "wrong")):
    one = context.socket(zmq.REQ)
    one.identity = b"vectors"
    one.linger, one.rcvtimeo, one.reconnect_ivl = 0, 500, -1
    if user:
        one.plain_username, one.plain_password = user.encode(), password.encode()
    one.connect(f"tcp://{SERVER}:{{port}}")
    one.send(b"meow")
    try:
        one.recv()
    except zmq.Again:
        pass
    one.close()
"""
)


def session(scene: Scene) -> None:
    """In clear, with a password, with a wrong one."""
    serving(scene, 5555, ANSWERER)
    python(scene, ASKER)


SCENARIOS = {"session": session}

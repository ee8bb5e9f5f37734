"""ONC RPC by rpcbind and rpcinfo: the list of programs, a port asked for, a program that is not there."""

from __future__ import annotations

from tests.vectors.scene import SERVER, Scene


def portmapper(scene: Scene) -> None:
    """Over UDP and TCP, versions 2 to 4."""
    scene.serve(111, "rpcbind", "-f", "-h", SERVER, udp=True)
    scene.client.run("rpcinfo", "-p", SERVER, check=False)
    scene.client.run("rpcinfo", "-u", SERVER, "100000", "2", check=False)
    scene.client.run("rpcinfo", "-T", "tcp", SERVER, "100003", "3", check=False)
    scene.client.run("rpcinfo", "-s", SERVER, check=False)


SCENARIOS = {"portmapper": portmapper}

"""ESP of Linux, keyed by strongSwan: a ping through an association, a rekeying, a ping; the same in UDP.

Not every kernel has ESP, so the two hosts are kernels of their own (Debian's user-mode-linux) that have this
machine's files, read-only, and speak on the scene's wire in place of its namespaces.
"""

from __future__ import annotations

import subprocess

from tests.lab import Host, wait_for
from tests.vectors.scene import CLIENT, SERVER, Scene

MODULES = "xfrm_user esp4 cbc hmac sha512_generic ctr drbg jitterentropy_rng authenc echainiv"
LIMIT_SECONDS = "90"  # then a kernel is ended, whatever it waits for
SETTINGS = """
charon {
  plugins {
    include /etc/strongswan.d/charon/*.conf
    kernel-libipsec { load = no }
    stroke { secrets_file = /run/secrets }
  }
}
"""
CONNECTION = """
conn wire
  left={own}
  right={other}
  type=transport
  authby=secret
  keyexchange=ikev2
  ike=aes128-sha256-modp2048!
  esp=aes128-sha256!
  forceencaps={encapsulated}
  auto=add
"""
BOOT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin STRONGSWAN_CONF=/run/strongswan.conf
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /run
mkdir /run/out /run/modules /run/modules/lib
ln -s /usr/lib/uml/modules /run/modules/lib/modules
mount -t hostfs -o {folder} out /run/out
for module in {modules}; do modprobe -d /run/modules $module; done
ip link set lo up; ip link set vec0 up; ip addr add {own}/24 dev vec0
cp /run/out/strongswan.conf /run/out/secrets /run/
/usr/lib/ipsec/starter --nofork --conf /run/out/ipsec.conf >/dev/null 2>&1 &
until ipsec statusall | grep -q 'wire:'; do sleep 0.1; done
echo up >/run/out/up
{work}
poweroff -f
"""
ASK = """ipsec up wire
ping -c 2 -i 0.2 {other}
ipsec stroke rekey 'wire{{1}}'; sleep 2  # it answers before it is done
ping -c 2 -i 0.2 {other}
ipsec down wire"""
ANSWER = """until ipsec status | grep -q ESTABLISHED; do sleep 0.2; done
while ipsec status | grep -q ESTABLISHED; do sleep 0.2; done"""


def kernel(scene: Scene, host: Host, connection: str, work: str) -> subprocess.Popen[bytes]:
    """A kernel in place of ``host``, with strongSwan ready; it does ``work`` and powers off."""
    own, other = (SERVER, CLIENT) if host is scene.server else (CLIENT, SERVER)
    folder = scene.folder / host.name
    folder.mkdir()
    host.run("ip", "addr", "flush", "dev", "eth0")
    boot = BOOT.format(folder=folder, modules=MODULES, own=own, work=work.format(other=other))
    (folder / "boot").write_text(boot)
    (folder / "strongswan.conf").write_text(SETTINGS)
    (folder / "secrets").write_text(': PSK "only for this capture"\n')
    (folder / "ipsec.conf").write_text(connection.format(own=own, other=other))
    (folder / "boot").chmod(0o755)
    running = host.start(
        "timeout", LIMIT_SECONDS, "linux.uml", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
        "mem=128M", "quiet", "con=null", "con0=null,null", f"uml_dir={folder}/",
        f"vec0:transport=raw,ifname=eth0,mac=02:00:00:00:00:0{own[-1]}", f"init={folder}/boot")  # fmt: skip
    wait_for((folder / "up").exists, seconds=30, what="the kernel of " + own)
    return running


def talk(scene: Scene, encapsulated: str) -> None:
    """Transport mode, with a pre-shared key."""
    connection = CONNECTION.replace("{encapsulated}", encapsulated)
    server = kernel(scene, scene.server, connection, ANSWER)
    client = kernel(scene, scene.client, connection, ASK)
    client.wait(60)
    server.wait(60)


def session(scene: Scene) -> None:
    """ESP as a protocol of IP."""
    talk(scene, "no")


def udp(scene: Scene) -> None:
    """ESP in UDP, as behind an address translation (RFC 3948)."""
    talk(scene, "yes")


SCENARIOS = {"session": session, "udp": udp}

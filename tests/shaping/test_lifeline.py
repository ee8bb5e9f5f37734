from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path

from procwire.shaping.lifeline import lifelines


def test_the_ssh_connection_is_left_alone() -> None:
    (found,) = lifelines({"SSH_CONNECTION": "192.0.2.7 50000 198.51.100.1 22"})
    assert str(found) == "peer=192.0.2.7/32 local=198.51.100.1/32 port=50000 local_port=22 protocol=tcp"
    (six,) = lifelines({"SSH_CONNECTION": "fe80::1%eth0 5 2001:db8::1 22"})
    assert six.peer == ip_network("fe80::1")


def test_the_management_network_is_too() -> None:
    network = ip_network("10.9.0.0/16")
    found = lifelines({"SSH_CONNECTION": "192.0.2.7 5 198.51.100.1 22"}, (network,))
    assert found[-1].peer == network
    assert len(found) == 2


def test_without_a_connection_there_is_none(tmp_path: Path) -> None:
    for words in ("", "a b c", "nonsense 1 2 3", "127.0.0.1 5 127.0.0.1 22", "192.0.2.1 x 192.0.2.2 22"):
        assert lifelines({"SSH_CONNECTION": words}, proc=str(tmp_path)) == ()


def test_under_sudo_the_servers_sockets_are_looked_up(tmp_path: Path) -> None:
    """The environment is gone then; sshd among the ancestors is not."""
    own = tmp_path / str(os.getpid())
    for folder, parent, name in ((own, 77, "procwire"), (tmp_path / "77", 1, "sshd-session")):
        (folder / "fd").mkdir(parents=True)
        (folder / "stat").write_text(f"1 ({name}) S {parent} 0 0")
    (tmp_path / "77" / "fd" / "4").symlink_to("socket:[4711]")
    (tmp_path / "net").mkdir()
    line = "0: 016433C6:0016 070200C0:C350 01 0:0 0:0 0 0 0 4711 1"
    other = "1: 016433C6:0016 080200C0:C350 01 0:0 0:0 0 0 0 9 1"
    (tmp_path / "net" / "tcp").write_text(f"head\n{line}\n{other}\n")
    mapped = (
        "0: 0000000000000000FFFF0000016433C6:0016 0000000000000000FFFF0000090200C0:C351 01 0 0 0 0 0 4711"
    )
    (tmp_path / "net" / "tcp6").write_text(f"head\n{mapped} 1\n")
    found = lifelines({}, proc=str(tmp_path))
    assert [str(each.peer) for each in found] == ["192.0.2.7/32", "192.0.2.9/32"]
    assert found[0].local_port == (22, 22)

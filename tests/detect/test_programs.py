from __future__ import annotations

import pytest

from procwire.detect.programs import Programs
from procwire.model.process import ProcessRef
from tests.detect.made import flow, lived, process, program


@pytest.mark.parametrize(
    ("owner", "severity", "words"),
    [
        (process("/memfd:x", executable=program("/memfd:x", memfd=True)), "high", "memfd"),
        (process("/opt/a", executable=program("/opt/a", deleted=True)), "high", "was deleted"),
        (process("/opt/a", executable=program("/opt/a", deleted=True, replaced=True)), "info", "replaced"),
        (process("/dev/shm/a"), "medium", "everybody may write"),
        (process("/usr/bin/bash"), "high", "is a shell"),
        (process("/opt/a", name="kworker/0:1"), "high", "kernel thread"),
        (process("", name="odd", executable=program("", absent=True)), "high", "without an executable"),
        (process("/usr/bin/curl", ancestors=("nginx:7", "systemd:1")), "medium", "started by nginx"),
        (
            process("/usr/bin/python3.11", ancestors=("sh:9", "php-fpm8.2:7")),
            "medium",
            "started by php-fpm8.2",
        ),
    ],
)
def test_what_is_odd_is_told_once(owner: ProcessRef, severity: str, words: str) -> None:
    (found,) = lived(Programs(), [flow(at=at, owner=owner) for at in range(5)])
    assert found.severity == severity
    assert words in found.detail
    assert found.exe == owner.exe


def test_a_name_from_two_places() -> None:
    owners = [process("/usr/bin/curl"), process("/opt/curl"), process("/usr/bin/curl")]
    found = lived(Programs(), [flow(owner=owner) for owner in owners])
    assert all("/opt/curl, /usr/bin/curl" in one.detail for one in found)
    assert {one.exe for one in found} == {"/opt/curl", "/usr/bin/curl"}


def test_what_is_harmless_is_left_alone() -> None:
    owners = [
        process("/usr/bin/curl"),
        process("/usr/bin/curl", container="abc"),
        process("/opt/curl", container="abc"),
        process("/usr/bin/python3.11", name="server.py"),
        process("/opt/venv/bin/python3.11", name="server.py"),
        process("/usr/sbin/nginx", name="nginx", ancestors=("nginx:7", "systemd:1")),
        process("/usr/bin/wget", ancestors=("bash:9", "sshd:7", "systemd:1")),
        process("/usr/bin/ssh", ancestors=("backup:9", "postgres:7")),
    ]
    assert lived(Programs(), [flow(owner=owner) for owner in owners]) == []
    assert lived(Programs(), [flow()]) == []

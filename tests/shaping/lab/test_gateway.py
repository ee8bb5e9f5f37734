"""The way out of a command's namespace: real flows with another host, and what is said of those that fail."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import pair
from tests.shaping.lab.outside import ASKER, BULK, FAR, FAR6, NOBODY, RUNNER, world
from tests.shaping.lab.place import needs_lab

pytestmark = needs_lab
Told = dict[str, Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    resolvers = tmp_path_factory.mktemp("etc") / "resolv.conf"
    resolvers.write_text("# mine\nnameserver 127.0.0.1\nnameserver 9.9.9.9\n")
    with pair() as (_, near, far), world(far, near) as there:
        words = [sys.executable, "-c", RUNNER, str(resolvers), ASKER, FAR, FAR6, NOBODY]
        ports = [there.echo, there.talk, there.mute, there.cut, there.bulk]
        lines = near.run(*words, *map(str, ports)).splitlines()
        namespaces = set(Path("/run/netns").iterdir())
        yield json.loads(lines[0]) | json.loads(lines[1]) | {"heard": list(there.heard), "names": namespaces}


def test_a_connection_is_the_same_one_outside(told: Told) -> None:
    assert (told["half"], told["whole"], told["many"]) == ("abc", BULK, True)
    assert told["six"] == "fd77::2"  # as the command addressed it
    assert told["slow"] is True


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("refused", "ECONNREFUSED"), ("refused6", "ECONNREFUSED"), ("unreachable", "ENETUNREACH"),
        ("cut", "ECONNRESET"), ("none", "ECONNREFUSED"), ("noway", "ENETUNREACH"),
    ],
)  # fmt: skip
def test_what_fails_outside_fails_inside(told: Told, name: str, error: str) -> None:
    assert told[name] == error


def test_datagrams_of_every_size_and_pings_come_back(told: Told) -> None:
    assert (told["udp"], told["large"], told["udp6"]) == (100, 20000, 3000)
    assert (told["ping"], told["ping6"]) == ("hello", "hello")


def test_the_hosts_own_resolver_answers_and_nothing_else_of_its_loopback(told: Told) -> None:
    assert told["dns"] == 33
    assert told["own"] == "ECONNREFUSED"  # the command's own 127.0.0.1, where nobody listens
    assert told["host"] == 44


def test_what_a_command_left_behind_arrives(told: Told) -> None:
    assert b"the last word" * 20000 in told["heard"]


def test_the_command_has_its_own_limits(told: Told) -> None:
    assert told["files"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert (told["code"], told["turned"], told["missed"]) == (0, 0, 0)

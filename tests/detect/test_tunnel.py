from __future__ import annotations

import base64
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from procwire.detect.tunnel import Tunnel, entropy
from procwire.dpi.protocols.dns import DnsQuery, DnsResponse
from procwire.model.streams import Direction
from tests.detect.made import process, seen


def query(name: str, kind: str = "A") -> DnsQuery:
    return DnsQuery(
        time=0, side=Direction.OUT, ident=1, opcode="query", query=name, query_type=kind, query_class="in",
        size_bytes=60,
    )  # fmt: skip


def missing(name: str) -> DnsResponse:
    return DnsResponse(
        time=0, side=Direction.IN, ident=1, opcode="query", query=name, query_type="A", query_class="in",
        rcode="nxdomain", size_bytes=60,
    )  # fmt: skip


def carried(count: int, kind: str = "NULL", size: int = 30, domain: str = "t.example.net") -> Iterator[Any]:
    draw = random.Random(3)
    for at in range(count):
        data = base64.b32encode(draw.randbytes(size)).decode().lower().rstrip("=")
        yield at / 10, query(f"{data[:60]}.{data[60:] or 'x'}.{domain}", kind)


@pytest.mark.parametrize("kind", ["NULL", "TXT", "A"])
def test_data_in_names(kind: str) -> None:
    (found,) = seen(Tunnel(), carried(200, kind), owner=process("/usr/sbin/iodine"), port=53, proto=17)
    assert (found.target, found.process, found.severity) == ("example.net", "iodine", "high")
    assert dict(found.scores)["different"] == 1
    assert found.count >= 40


def test_names_that_do_not_exist_are_counted() -> None:
    steps: list[Any] = []
    for at, one in carried(60):
        steps += [(at, missing(one.query)), (at, one)]
    (found,) = seen(Tunnel(), steps)
    assert found.detail.endswith("40 do not exist, 2,400 bytes of answers")


def answered(count: int, kind: str, size: int) -> Iterator[Any]:
    """Short names, each with an answer."""
    draw = random.Random(3)
    for at in range(count):
        name = f"{base64.b32encode(draw.randbytes(6)).decode().lower().rstrip('=')}.t.example.net"
        yield at / 10, query(name, kind)
        yield at / 10, DnsResponse(
            time=0, side=Direction.IN, ident=1, opcode="query", query=name, query_type=kind, query_class="in",
            rcode="noerror", size_bytes=size,
        )  # fmt: skip


def test_data_that_comes_down_in_answers_to_short_names() -> None:
    (found,) = seen(Tunnel(), answered(200, "TXT", 480))
    assert found.target == "example.net"
    assert "bytes of answers" in found.detail
    assert seen(Tunnel(), answered(200, "TXT", 90)) == []  # a list of bad senders, with its reasons
    assert seen(Tunnel(), answered(200, "AAAA", 480)) == []  # many addresses of a content network


def short(count: int) -> Iterator[Any]:
    return ((at / 10, query(f"img{at}.cdn.example.com")) for at in range(count))


def browsing(count: int) -> Iterator[Any]:
    words = ["www", "static", "api", "img", "cdn", "mail", "login", "assets", "js", "fonts"]
    draw = random.Random(5)
    return (
        (at / 10, query(f"{draw.choice(words)}{draw.randint(1, 9)}.site{draw.randint(1, 40)}.com"))
        for at in range(count)
    )


@pytest.mark.parametrize(
    "steps",
    [
        list(short(300)),
        list(browsing(500)),
        [(at / 10, query(f"{at}.2.0.192.in-addr.arpa", "PTR")) for at in range(300)],
        [(at / 10, query(f"{at:040x}.local")) for at in range(300)],
        [(at / 10, query(f"_service{at % 9}._tcp.example.com", "SRV")) for at in range(300)],
        [(at / 10, query("a" * 60 + ".example.com", "TXT")) for at in range(300)],
        [(at / 10, query(f"{at % 256}.{at // 256}.0.192.zen.example.org")) for at in range(400)],
        list(carried(30)),
        [(at * 60, one) for at, (_, one) in enumerate(carried(60, domain="s.example.com"))],
    ],
    ids=["cdn", "browsing", "reverse", "local", "services", "one-name", "blocklist", "few", "slow"],
)
def test_what_is_harmless_is_left_alone(steps: list[Any]) -> None:
    assert seen(Tunnel(), steps) == []


def test_entropy_by_hand() -> None:
    assert entropy(Counter("aaaa")) == 0
    assert entropy(Counter("abcd")) == 2
    assert entropy(Counter()) == 0


def test_nothing_is_left_to_be_loaded_when_it_is_confined() -> None:
    """A name with other letters needs codecs that a confined process may not load any more."""
    code = (
        "import sys; from procwire.detect.tunnel import Tunnel; Tunnel(); "
        "print({'publicsuffixlist', 'encodings.idna', 'encodings.punycode'} <= set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"

"""Interfaces that come and go while they are watched, and tags that a kernel takes out of the frames."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from procwire.engine.api import WatchOptions
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.lab import Host, need, pair, wait_for, why_not
from tests.packet import build
from tests.scenes import talk, tshark
from tests.scenes.command import Command
from tests.scenes.lines import scribe_of
from tests.scenes.watched import Watch, watch

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(bool(why_not()), reason=why_not())]


def say(host: Host, address: str, port: int) -> None:
    with host.socket(kind=socket.SOCK_DGRAM) as sender:
        sender.sendto(b"\xff" * 30, (address, port))


def seen(live: Watch, port: int) -> bool:
    assert live.watching is not None
    return any(flow.dport == port for flow in live.audience.flows("open"))


def interface_of(live: Watch, port: int) -> object:
    (flow,) = [each for each in live.audience.flows() if each.dport == port]
    return FLOWS.column("interface").get(FlowRow(flow, live.audience.context))


def test_a_new_interface_joins(tmp_path: Path) -> None:
    target = tmp_path / "joined.pcapng"
    options = WatchOptions(owners=False, write=str(target))
    with pair() as (lab, client, server), watch(server, options) as live:
        source = live.watching.source  # type: ignore[union-attr]
        lab.wire(client, server, net=3, name="eth3")
        wait_for(lambda: "eth3" in source.listening, what="the new interface")
        say(client, "10.77.3.2", 7400)
        wait_for(lambda: seen(live, 7400), what="its flow")
    assert interface_of(live, 7400) == "eth3"
    read = scribe_of(target)
    (flow,) = [flow for flow in read.flows if flow.dport == 7400]
    assert FLOWS.column("interface").get(FlowRow(flow, read.context)) == "eth3"


def test_an_interface_that_goes_keeps_its_flows_and_the_watch(tmp_path: Path) -> None:
    with pair() as (lab, client, server):
        lab.wire(client, server, net=4, name="eth4")
        with watch(server, WatchOptions(owners=False)) as live:
            source = live.watching.source  # type: ignore[union-attr]
            say(client, "10.77.4.2", 7410)
            server.run("ip", "link", "del", "eth4")
            wait_for(lambda: "eth4" not in source.listening, what="its leaving")
            say(client, talk.SERVER, 7411)
            wait_for(lambda: seen(live, 7411), what="a flow elsewhere")
    assert interface_of(live, 7410) == "eth4"
    assert interface_of(live, 7411) == "eth0"


def test_the_only_interface_goes_and_comes_back(tmp_path: Path) -> None:
    with pair() as (lab, client, server):
        command = Command(server, tmp_path, "-i", "eth0", "--no-owners")
        say(client, talk.SERVER, 7420)
        wait_for(lambda: command.events(7420), what="the first flow")
        server.run("ip", "link", "del", "eth0")
        lab.wire(client, server)
        # A first datagram may still come before the interface has been taken up again.
        with client.socket(kind=socket.SOCK_DGRAM) as sender:
            wait_for(
                lambda: sender.sendto(b"again", (talk.SERVER, 7421)) and command.events(7421),
                what="the second flow",
            )
        code, _ = command.end()
    assert code == 0
    assert command.events(7420) == command.events(7421) == ["open", "end"]


def tagged(count: int, *tags: str) -> list[bytes]:
    """UDP datagrams behind VLAN tags, made by hand: not every kernel has VLAN devices."""
    frame = build.eth(build.ip4(build.udp(bytes(100), 7000, 7430), 17))
    return [frame[:12] + bytes.fromhex("".join(tags)) + frame[12:]] * count


@pytest.mark.parametrize(
    ("tags", "ids"),
    [(("8100602a",), ("42",)), (("88a80007", "8100002a"), ("7", "42"))],
)
def test_a_tag_is_seen_live_and_is_in_the_file(
    tmp_path: Path, tags: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    target = tmp_path / "tagged.pcapng"
    frames = tagged(3, *tags)
    with pair() as (_, client, server):
        options = WatchOptions(interfaces=("eth0",), owners=False, write=str(target))
        with watch(server, options) as live:
            raw = client.inside(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
            with raw:
                raw.bind(("eth0", 0))
                for frame in frames:
                    raw.send(frame)
            wait_for(lambda: seen(live, 7430), what="the tagged flow")
    read = scribe_of(target)
    for flows, context in ((live.audience.flows(), live.audience.context), (read.flows, read.context)):
        (row,) = [FlowRow(flow, context) for flow in flows if flow.dport == 7430]
        assert FLOWS.column("vlan").get(row) == ids
        names = ".".join(f"vlan:{each}" for each in ids)
        assert FLOWS.column("encapsulation").get(row) == f"eth.{names}.ip.udp"
        assert (row.flow.packets_out, row.flow.bytes_out) == (3, sum(map(len, frames)))
    if not need("tshark"):
        names_of_ids = ("ieee8021ad.id", "vlan.id")  # of the service's tag and the customer's
        rows = tshark.fields(target, (*names_of_ids, "frame.len", "frame.cap_len"), "udp.port == 7430")
        assert [tuple(one for name in names_of_ids for one in row[name]) for row in rows] == [ids] * 3
        assert all(row["frame.len"] == row["frame.cap_len"] == [str(len(frames[0]))] for row in rows)

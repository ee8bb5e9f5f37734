"""Impairments of every kind, for the laws of this room."""

from __future__ import annotations

from ipaddress import ip_network

from hypothesis import strategies as st

from procwire.shaping.impairment import DISTRIBUTIONS, Delay, Effect, Impairment, Rate, Reorder, Slot
from procwire.shaping.loss import FourState, GilbertElliott, Loss
from procwire.shaping.selection import Selector
from procwire.shaping.target import Target

shares = st.floats(1e-9, 1.0)
halves = st.floats(1e-9, 0.5)
delays = st.builds(
    lambda latency, part, spread, keep: Delay(
        latency_ns=latency,
        jitter_ns=min(latency * part // 100, 10**9),
        distribution=spread if min(latency * part // 100, 10**9) else "uniform",
        keep_order=keep,
    ),
    st.integers(1, 600 * 10**9), st.integers(0, 100), st.sampled_from(DISTRIBUTIONS), st.booleans(),
)  # fmt: skip
losses = st.one_of(
    st.builds(Loss, shares),
    st.builds(Loss, halves, st.floats(1.0, 100.0)),
    st.builds(GilbertElliott, shares, shares, shares, halves),
    st.builds(FourState, halves, halves, halves, shares, halves),
)
rates = st.builds(
    Rate, bits=st.integers(1, 10**11).map(lambda value: value * 8), overhead=st.integers(-100, 100),
    burst_bytes=st.none() | st.integers(2000, 1 << 20), cell_bytes=st.sampled_from((0, 48)),
)  # fmt: skip
slots = st.builds(
    lambda first, more, packets, size: Slot(
        shortest_ns=first, longest_ns=first + more, packets=packets, size_bytes=size
    ),
    st.integers(1, 10**9), st.integers(0, 10**9), st.integers(0, 1000), st.integers(0, 10**6),
)  # fmt: skip


@st.composite
def effects(draw: st.DrawFn) -> Effect:
    """Any effect that the room allows."""
    delay = draw(st.none() | delays)
    loss = draw(st.none() | losses)
    may_overtake = delay is not None and not delay.keep_order
    overtakes = st.builds(Reorder, share=shares, gap=st.integers(0, 100)) if may_overtake else st.none()
    return Effect(
        delay=delay, loss=loss, duplicate=draw(st.just(0.0) | shares), corrupt=draw(st.just(0.0) | shares),
        reorder=draw(st.none() | overtakes), rate=draw(st.none() | rates), slot=draw(st.none() | slots),
        queue_packets=draw(st.none() | st.integers(1, 10**6)), ecn=loss is not None and draw(st.booleans()),
    )  # fmt: skip


networks = st.sampled_from(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "2001:db8::1/128"]).map(ip_network)
ports = st.tuples(st.integers(0, 1000), st.integers(1000, 65535))
selectors = st.one_of(
    st.builds(Selector, peer=networks, port=st.none() | ports),
    st.builds(Selector, local_port=ports, protocol=st.sampled_from((None, 6, 17))),
    st.builds(Selector, protocol=st.integers(0, 255)),
)
targets = st.sampled_from(
    (
        Target(kind="interface", name="eth0"),
        Target(kind="interface", name="namespace-1"),
        Target(kind="namespace", name="blue", interface="eth0"),
        Target(kind="namespace", name="pid=12"),
        Target(kind="container", name="web"),
        Target(kind="process", name="1234", interface="eth1"),
        Target(kind="unit", name="nginx.service"),
        Target(kind="cgroup", name="/system.slice", interface="eth0"),
        Target(kind="command"),
    )
)


@st.composite
def impairments(draw: st.DrawFn) -> Impairment:
    """Any impairment that the room allows."""
    egress = draw(st.none() | effects())
    ingress = draw(effects() if egress is None else st.none() | effects())
    return Impairment(
        target=draw(targets),
        egress=egress,
        ingress=ingress,
        selectors=tuple(draw(st.lists(selectors, max_size=3))),
        exempt=tuple(draw(st.lists(selectors, max_size=2))),
        seed=draw(st.none() | st.integers(0, 2**64 - 1)),
        labels=draw(st.sampled_from(((), (("who", "me"),)))),
    )

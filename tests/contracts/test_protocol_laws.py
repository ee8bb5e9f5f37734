"""The laws that every registered protocol keeps, whoever adds it."""

from __future__ import annotations

import gc
import random
import tracemalloc
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procwire.dpi.analyzer import Analyzer
from procwire.dpi.contract import ENOUGH, Asked, Claim, Context, Direction, ProtocolError, Shape
from procwire.dpi.names import NameBook
from procwire.dpi.protocols.dns import DnsResponse
from procwire.dpi.registry import LINK, LINKS, TRANSPORTS, Registry, modules
from procwire.dpi.sieve import Sieve
from procwire.dpi.wire.pending import Pairing
from procwire.model.flow import Flow
from procwire.model.observation import Announced, Enclosed, Observation, Unanswered, Upgraded, columns_of
from procwire.model.risks import NAMES as RISK_NAMES
from tests.dpi.samples import Dialogue, dialogues
from tests.dpi.user.example import described_example, packaged

MAX_FLOW_BYTES = 1 << 20  # a parser's memory on endless input
EVERY = (*modules(), described_example(), *packaged())  # and those of users, described and in packages
KNOWN = Registry(EVERY)
NAMES: dict[str, Any] = {module.NAME: module for module in EVERY}
CASES = [(module.NAME, dialogue) for module in EVERY for dialogue in dialogues(module.NAME)]
IDS = [f"{name}-{dialogue.name}" for name, dialogue in CASES]
every_protocol = pytest.mark.parametrize("name", list(NAMES))
every_dialogue = pytest.mark.parametrize(("name", "dialogue"), CASES, ids=IDS)


def whole(data: bytes) -> list[bytes]:
    return [data]


def single(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def cut(draw: random.Random) -> Any:
    def pieces(data: bytes) -> list[bytes]:
        found = []
        while data:
            size = draw.randint(1, max(1, len(data)))
            found.append(data[:size])
            data = data[size:]
        return found

    return pieces


def seeded(data: bytes) -> list[bytes]:
    """The same cuts each time."""
    pieces: list[bytes] = cut(random.Random(3))(data)
    return pieces


def run(name: str, dialogue: Dialogue, pieces: Any, *, skipping: bool) -> list[Observation]:
    """What the parser sees; ``skipping`` keeps to its appetite, else everything is fed."""
    parser = NAMES[name].Parser(dialogue.context)
    seen: list[Observation] = []
    owed = [0, 0]
    for now, (side, data) in enumerate(dialogue.steps, 1000):
        for piece in pieces(data) if dialogue.transport == "tcp" else [data]:
            fresh = piece[min(owed[side], len(piece)) :]
            owed[side] -= min(len(piece), owed[side]) if owed[side] < ENOUGH else 0
            if not fresh:
                continue
            seen += parser.feed(side, fresh, now=now)
            if skipping:
                owed[side] = parser.skip(side) if dialogue.transport == "tcp" else 0
    seen += parser.finish(5000) if hasattr(parser, "finish") else ()
    return seen


@every_protocol
def test_has_a_dialogue_a_docstring_and_declared_fields(name: str) -> None:
    module = NAMES[name]
    assert dialogues(name), f"tests/vectors/{name} has no dialogue"
    assert len((module.__doc__ or "").split()) > 10
    assert module.OBSERVATIONS
    for observation in module.OBSERVATIONS:
        assert observation.TABLE
        assert observation.__doc__
        assert all(column.doc.endswith(".") for column in columns_of(observation)), observation
        assert all(hasattr(observation, field) for field in observation.SETS.values())
        assert all(hasattr(observation, field) for field in observation.RISKS)
        assert set(observation.RISKS.values()) <= RISK_NAMES, observation


def claimed(name: str, dialogue: Dialogue) -> bool:
    """Whether the first step gives the protocol away, or some do together (``confirm`` of the contract)."""
    module, seen = NAMES[name], dialogue.steps
    answer = module.claims(seen[0][1], seen[0][0], dialogue.context)
    confirm = getattr(module, "confirm", None)
    if answer is Claim.YES or confirm is None:
        return answer is Claim.YES
    return answer is Claim.MORE and any(confirm(seen[:n], dialogue.context) for n in range(2, len(seen) + 1))


@every_dialogue
def test_dialogue_is_claimed_and_seen(name: str, dialogue: Dialogue) -> None:
    assert claimed(name, dialogue)
    seen = run(name, dialogue, whole, skipping=True)
    assert seen
    declared = NAMES[name].OBSERVATIONS
    assert all(
        isinstance(one, declared) or type(one) in {Upgraded, Announced, Unanswered, Enclosed} for one in seen
    )


@every_dialogue
def test_chunking_does_not_matter(name: str, dialogue: Dialogue) -> None:
    expected = run(name, dialogue, whole, skipping=False)
    assert run(name, dialogue, whole, skipping=True) == expected
    assert run(name, dialogue, single, skipping=False) == expected
    assert run(name, dialogue, single, skipping=True) == expected
    for seed in range(20):
        pieces = cut(random.Random(seed))
        assert run(name, dialogue, pieces, skipping=bool(seed % 2)) == expected


@every_dialogue
def test_claim_is_not_taken_back(name: str, dialogue: Dialogue) -> None:
    side, data = dialogue.steps[0]
    if dialogue.transport != "tcp":
        assert claimed(name, dialogue)
        return
    answers = [
        NAMES[name].claims(data[:size], side, dialogue.context) for size in range(1, min(len(data), 3000) + 1)
    ]
    first = next(at for at, answer in enumerate(answers) if answer is not Claim.MORE)
    assert set(answers[first:]) == {Claim.YES}


@every_dialogue
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_only_protocol_errors_escape(name: str, dialogue: Dialogue, data: Any) -> None:
    parser = NAMES[name].Parser(dialogue.context)
    asked = 0
    try:
        for side, original in dialogue.steps:
            mutated = bytearray(original[: data.draw(st.integers(0, len(original)))])
            for _ in range(data.draw(st.integers(0, 4))):
                if mutated:
                    mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
            mutated += data.draw(st.binary(max_size=64))
            NAMES[name].claims(bytes(mutated), side, dialogue.context)
            if mutated:
                list(parser.feed(side, bytes(mutated), now=1))
                asked += parser.skip(side) >= 0
    except ProtocolError:
        asked += 1
    assert asked >= 0


@every_dialogue
def test_gap_does_not_wedge(name: str, dialogue: Dialogue) -> None:
    """Behind a gap at any place the parser terminates, raises nothing else, and takes the dialogue again."""
    for place in range(0, len(dialogue.steps[0][1]), 7):
        parser = NAMES[name].Parser(dialogue.context)
        seen: list[Observation] = []
        try:
            side, data = dialogue.steps[0]
            seen += parser.feed(side, data[:place], now=1) if place else ()
            seen += parser.gap(side, len(data) - place, now=2)
            for again, more in dialogue.steps * 2:
                seen += parser.feed(again, more, now=3)
        except ProtocolError:
            continue
        assert len(seen) < 1000


def shown(name: str, dialogue: Dialogue, pieces: list[bytes]) -> Any:
    """A parser that was shown endless pieces of the first side, until it refused or had enough."""
    parser = NAMES[name].Parser(dialogue.context)
    try:
        for number in range(800):
            list(parser.feed(dialogue.steps[0][0], pieces[number % len(pieces)], now=number))
            if parser.skip(dialogue.steps[0][0]) >= ENOUGH:
                break
    except ProtocolError:
        pass
    return parser


@every_dialogue
def test_memory_is_bounded(name: str, dialogue: Dialogue) -> None:
    """Endless bytes behind a good start: what the parser keeps stays under the bound (or it gives up)."""
    draw = random.Random(7)
    good = dialogue.steps[0][1]
    endings = [[good], [b"\0" * 1400], [b"a" * 1400], [b"\r\n" * 700], [b"5\r\n"], [draw.randbytes(1400)]]
    for pieces in endings:
        shown(name, dialogue, [good, *pieces])  # what is loaded once is not the parser's
        gc.collect()
        tracemalloc.start()
        try:
            parser = shown(name, dialogue, [good, *pieces * 800])
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert parser is not None
        assert held < MAX_FLOW_BYTES


@every_protocol
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_random_bytes_are_not_claimed(name: str, transport: str) -> None:
    module = NAMES[name]
    if transport not in module.TRANSPORTS:
        assert transport in {"tcp", "udp"}
        return
    draw = random.Random(1)
    context = Context(transport=transport, src_port=40000, dst_port=50000)
    rounds = 20_000
    claimed = 0
    for _ in range(rounds):
        data = draw.randbytes(draw.randint(1, 200))
        claimed += module.claims(data, Direction.OUT, context) is Claim.YES
    assert claimed / rounds < 1e-3


@every_protocol
@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=300))
def test_claims_are_stable_on_anything(name: str, data: bytes) -> None:
    module = NAMES[name]
    context = Context(transport="tcp" if "tcp" in module.TRANSPORTS else "udp", src_port=1, dst_port=2)
    if context.transport != "tcp":
        assert module.claims(data, Direction.OUT, context) in Claim
        return
    settled = None
    for size in range(len(data) + 1):
        answer = module.claims(data[:size], Direction.OUT, context)
        if settled is not None:
            assert answer is settled
        elif answer is not Claim.MORE:
            settled = answer


def likely(shape: Shape, draw: random.Random) -> bytes:
    """Bytes that begin as one of a shape's ways does, but for one place or for their length."""
    made = bytearray(draw.randbytes(draw.choice([1, 2, 3, 5, 8, 12, 16, 24, 40, 80])))
    start = draw.choice(shape.starts) if shape.starts else {}
    for place, allowed in start.items():
        if place < len(made):
            made[place] = draw.choice(allowed)
    if draw.random() < 0.7:
        made[draw.randrange(min(len(made), max(start, default=0) + 1))] = draw.choice(
            b"\0\1\r\n: .aZ*\x80\xff"
        )
    return bytes(made)


def cuts(name: str, transport: str) -> list[bytes]:
    """What was once said, whole and cut at each of its first bytes."""
    said = [data for one in dialogues(name) if one.transport == transport for _, data in one.steps][:40]
    return sorted({data[:size] for data in said for size in (*range(1, 65), len(data))})


def mutated(data: bytes, places: set[int]) -> list[bytes]:
    """The same with each byte there is at each place that a shape names."""
    return [
        data[:place] + bytes((byte,)) + data[place + 1 :]
        for place in places
        if place < len(data)
        for byte in range(256)
    ]


def shaped() -> list[tuple[str, str]]:
    """(protocol, transport) of every shape."""
    return [(module.NAME, by) for module in EVERY for by in getattr(module, "SHAPES", {})]


def surroundings(name: str, transport: str) -> list[Context]:
    """On no port of the protocol's, and on each of some; what is announced is asked whatever its shape."""
    ports = [port for by, port in sorted(NAMES[name].PORTS) if by == transport]
    return [Context(transport=transport, src_port=40000, dst_port=port) for port in (50000, *ports[:3])]


@pytest.mark.parametrize(("name", "transport"), shaped())
def test_claims_refuse_what_the_shape_rules_out(name: str, transport: str) -> None:
    """Else a shape would change what a flow is told to be. A byte outside FIRST is never asked about."""
    module, draw = NAMES[name], random.Random(f"{name} {transport}")
    shape = module.SHAPES[transport]
    held = Sieve(shape)
    places = {place for start in shape.starts for place in start}
    made = [likely(shape, draw) for _ in range(1500)] + cuts(name, transport)
    for data in draw.sample(said := cuts(name, transport), min(len(said), 40)):
        made += mutated(data, places)
    first = range(256) if module.FIRST is None else module.FIRST
    refused = [data for data in made if data and data[0] in first and held.refuses(data)]
    assert refused
    for context in surroundings(name, transport):
        for data in refused:
            assert module.claims(data, Direction.OUT, context) is Claim.NO, data
            assert module.claims(data, Direction.IN, context) is Claim.NO, data


@pytest.mark.parametrize(("name", "transport"), shaped())
def test_shapes_are_of_a_transport_and_let_short_streams_wait(name: str, transport: str) -> None:
    shape = NAMES[name].SHAPES[transport]
    assert transport in NAMES[name].TRANSPORTS & {"tcp", "udp"}
    assert transport == "udp" or (shape.least, shape.holds) == (0, b"")
    assert all(allowed for start in shape.starts for allowed in start.values())


def written(dialogue: Dialogue, pieces: Any, asked: Asked) -> tuple[Any, ...]:
    """What a dialogue makes of its flow, and the names that are learned from it."""
    flow = Flow()
    flow.proto = TRANSPORTS[dialogue.transport] % LINK
    flow.sport, flow.dport, flow.opener_seen = 40000, dialogue.port, True
    names = NameBook()

    def learn(_: Flow, observation: Observation) -> None:
        if type(observation) is DnsResponse:
            names.learn(observation, "192.0.2.1")

    analyzer = Analyzer(learn, protocols=KNOWN, asked=asked)
    skip = [0, 0]
    for now, (side, data) in enumerate(dialogue.steps, 1000):
        for piece in pieces(data) if dialogue.transport == "tcp" else [data]:
            fresh = piece[min(skip[side], len(piece)) :] if dialogue.transport == "tcp" else piece
            skip[side] -= min(len(piece), skip[side]) if skip[side] < ENOUGH else 0
            if fresh and skip[side] < ENOUGH:
                skip[side] = analyzer.data(flow, side, fresh, now)
    analyzer.ended(flow, 9999)
    flow.facts.pop("ja3", None)  # is made only where records are
    kept = (flow.app, flow.app_confidence, flow.server_name, flow.server_name_source, flow.ja4, flow.facts)
    return (*kept, names._known)


@every_dialogue
@pytest.mark.parametrize("pieces", [whole, single, seeded], ids=["whole", "single", "cut"])
def test_flow_is_told_the_same_when_nobody_reads_the_observations(
    name: str, dialogue: Dialogue, pieces: Any
) -> None:
    if dialogue.transport in LINKS:  # of no flow
        assert Analyzer(lambda *_: None, asked=Asked.FACTS).frames.links == frozenset()
        return
    full, brief = written(dialogue, pieces, Asked.RECORDS), written(dialogue, pieces, Asked.FACTS)
    assert full == brief
    assert full[0] == name or name not in {"tls", "quic", "dns"}


@every_dialogue
@pytest.mark.parametrize("pieces", [whole, single, seeded], ids=["whole", "single", "cut"])
def test_flow_speaks_the_same_when_nobody_asks_for_more(name: str, dialogue: Dialogue, pieces: Any) -> None:
    if dialogue.transport in LINKS:  # of no flow
        assert Analyzer(lambda *_: None, asked=Asked.NAME).frames.links == frozenset()
        return
    full, named = written(dialogue, pieces, Asked.RECORDS), written(dialogue, pieces, Asked.NAME)
    assert named[:2] == full[:2]
    assert named[5].get("via") == full[5].get("via")
    assert named[2:5] == ("", "", ""), f"a flow of {name} was told more"


PAIRED = [
    "adb",
    "aerospike",
    "amqp",
    "bacnet",
    "bgp",
    "bittorrent",
    "cassandra",
    "coap",
    "dcerpc",
    "dhcp",
    "dhcpv6",
    "dnp3",
    "enip",
    "iec104",
    "ike",
    "kafka",
    "kerberos",
    "ldap",
    "mdns",
    "memcached",
    "modbus",
    "mongodb",
    "mqtt",
    "nfs",
    "ntp",
    "opcua",
    "postgresql",
    "radius",
    "redis",
    "rpc",
    "s7comm",
    "sctp",
    "sip",
    "smb",
    "snmp",
    "source_engine",
    "stun",
    "tds",
    "wireguard",
    "x11",
]


@pytest.mark.parametrize("name", PAIRED)
def test_nothing_is_missed_that_comes_in_a_flow_of_its_own(name: str) -> None:
    """Who answers what was sent to a group does so from an address of its own."""
    for dialogue in dialogues(name):
        parser = NAMES[name].Parser(msgspec.structs.replace(dialogue.context, group=True))
        for side, data in dialogue.steps:
            if side is Direction.OUT and parser.skip(side) < ENOUGH:
                list(parser.feed(side, data, now=1))
        shared = isinstance(parser, Pairing) and dialogue.transport != "tcp"
        assert not shared or Unanswered not in {type(one) for one in parser.finish(2)}


@pytest.mark.parametrize("name", PAIRED)
def test_what_is_asked_in_vain_is_told_at_the_end(name: str) -> None:
    """Only one side is heard: its requests are told with their words, and only where somebody reads."""
    found = []
    for told in (True, False):
        for dialogue in dialogues(name):
            parser = NAMES[name].Parser(msgspec.structs.replace(dialogue.context, told=told))
            for now, (side, data) in enumerate(dialogue.steps, 1000):
                if side is Direction.OUT and parser.skip(side) < ENOUGH:
                    list(parser.feed(side, data, now=now))
            found += [(told, one) for one in parser.finish(9999) if type(one) is Unanswered]
    assert found
    assert all(told and one.request and one.attempts and 0 < one.waited < 9000 for told, one in found)

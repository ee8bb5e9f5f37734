"""Watching over a source that a test holds in its hand: what is told, when, and what a stop leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec import structs

from procwire.capture.files import open_files
from procwire.capture.source import Counts
from procwire.dpi import registry
from procwire.engine import watching
from procwire.engine.options import EngineError, FlowOptions, ReadOptions, WatchOptions
from procwire.engine.reading import Reading
from procwire.engine.watching import Watching
from procwire.flows import telling
from procwire.model.flow import Flow
from procwire.model.frames import FrameBatch
from procwire.model.listening import Silent
from procwire.model.observation import Observation
from procwire.model.process import EXACT, Glimpse, Owner, ProcessRef, is_answered
from procwire.processes.answers import Look, answer_of
from procwire.processes.keys import Key
from procwire.processes.resolver import Answer, Resolver

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = VECTORS / "http" / "ordinary.pcap"
HEIR = Owner(process=ProcessRef(pid=8, start=2, name="eight"), confidence=EXACT, side="src", socket=5)
OWNER = Owner(process=ProcessRef(pid=7, start=1, name="seven"), confidence=EXACT, side="src")


class Taped:
    """A live source that plays a capture file, then is silent until it is stopped."""

    def __init__(self, path: Path = HTTP) -> None:
        self.file = open_files((str(path),))
        self.interfaces = self.file.interfaces
        self.counts = Counts()
        self.tape = self.file.batches()
        self.after: Callable[[], None] = lambda: None
        self.stops = 0
        self.closed = False

    def poll(self, timeout: float) -> FrameBatch | None:
        """The next batch, or the call that follows the tape."""
        if self.stops:
            return None
        batch = next(self.tape, None)
        if batch is None:
            self.after()
        return batch

    def release(self, batch: FrameBatch) -> None:
        """Nothing to give back."""

    def stop(self) -> None:
        """See LiveSource."""
        self.stops += 1

    def batches(self) -> Iterator[FrameBatch]:
        """What is left on the tape, after one stop."""
        if self.stops == 1:
            yield from self.tape

    def drops(self) -> dict[str, int]:
        """See LiveSource."""
        return {}

    def close(self) -> None:
        """See LiveSource."""
        self.closed = True
        self.file.close()


class Audience:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.events: dict[int, list[str]] = {}
        self.flows: dict[int, Flow] = {}
        self.observations = 0

    def told(self, event: str, flow: Flow) -> None:
        """See engine.watching.Audience."""
        self.events.setdefault(flow.number, []).append(event)
        self.flows[flow.number] = flow

    def observed(self, flow: Flow, observation: Observation) -> None:
        """See engine.watching.Audience."""
        self.observations += 1

    def ticked(self, now: int) -> None:
        """See engine.watching.Audience."""


class Leaves(Audience):
    """Goes away at the first word."""

    def told(self, event: str, flow: Flow) -> None:
        raise BrokenPipeError


class Slow:
    """Owners that answer only when they are let."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def __enter__(self) -> Slow:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def ahead(self, keys: object) -> None:
        pass

    def stands(self, key: object, owner: Owner) -> bool:
        """See Owners."""
        return False

    def lacks(self, key: object, owner: Owner) -> bool:
        """See Owners."""
        return False

    def refresh(self) -> int:
        """See Owners."""
        return 0

    def look(self, key: object) -> Look:
        """See Owners."""
        self.let.wait(60)
        return Look(OWNER, final=True)


def watch_of(
    monkeypatch: pytest.MonkeyPatch,
    source: Taped,
    options: WatchOptions | None = None,
    audience: Audience | None = None,
) -> tuple[Watching, Audience]:
    chosen = SimpleNamespace(
        source=source, name="tap", reason="", kernel=None, steer=lambda sink: sink, hint=lambda: None
    )
    monkeypatch.setattr(watching, "Chosen", lambda _: chosen)
    audience = audience or Audience()
    return Watching(options or WatchOptions(owners=False), audience), audience


def flow_count(path: Path = HTTP) -> int:
    reading = Reading(ReadOptions(paths=(str(path),)), Silent())
    reading.run()
    return reading.pipeline.tracker.counts.flows


def test_every_flow_opens_and_ends_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Taped()
    run, audience = watch_of(monkeypatch, source)
    source.after = run.stop
    run.run()
    assert len(audience.events) == flow_count()
    assert all(events == ["open", "end"] for events in audience.events.values())
    assert audience.observations == run.pipeline.observations > 0
    assert source.closed


def test_one_that_takes_the_audiences_place_is_told_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a store, a flow log and a fault of the kernel do, which stand before the face."""
    source = Taped()
    watch, first = watch_of(monkeypatch, source)
    source.after = watch.stop
    watch.audience = second = Audience()
    watch.run()
    assert watch.audience is second
    assert not first.events
    assert len(second.events) == flow_count()


def test_a_stop_before_the_first_frame_still_takes_what_had_come(monkeypatch: pytest.MonkeyPatch) -> None:
    run, audience = watch_of(monkeypatch, Taped())
    run.stop()
    run.run()
    assert len(audience.events) == flow_count()


def test_a_second_stop_leaves_what_had_come(monkeypatch: pytest.MonkeyPatch) -> None:
    run, audience = watch_of(monkeypatch, Taped())
    run.stop()
    run.stop()
    run.run()
    assert audience.events == {}


def test_it_ends_by_itself_after_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Taped()
    run, audience = watch_of(monkeypatch, source, WatchOptions(owners=False, seconds=0.05))
    run.run()
    assert source.stops == 1
    assert len(audience.events) == flow_count()


def test_the_end_of_a_flow_waits_for_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole capture is over before any owner is known."""
    slow, source = Slow(), Taped()
    monkeypatch.setattr(watching, "Resolver", lambda _, **__: Resolver(lambda: slow))
    run, audience = watch_of(monkeypatch, source, WatchOptions())
    before: list[int] = []

    def after() -> None:
        before.append(sum("end" in events for events in audience.events.values()))
        slow.let.set()
        if all("end" in events for events in audience.events.values()) and audience.events:
            run.stop()

    source.after = after
    run.run()
    assert before[0] == 0
    assert all(events == ["open", "end"] for events in audience.events.values())
    owners = {
        structs.replace(flow.owner, answered=0) if isinstance(flow.owner, Owner) else None
        for flow in audience.flows.values()
    }
    assert owners == {OWNER}


class Noted:
    """A warden of which the notes tell who has each second flow, and of each fourth all that there is."""

    def __init__(self) -> None:
        self.owners, self.pid = self, 0
        self.looks = 0

    def glimpse(self, key: Key) -> Look | None:
        """See RemoteOwners."""
        self.looks += 1
        if self.looks % 4 == 0:
            return Look(OWNER, final=True)
        return Look(Glimpse(process=OWNER.process, confidence=EXACT), final=False) if self.looks % 2 else None

    def ask(self) -> Noted:
        """See Warden."""
        return self

    def hear(self) -> bool:
        """See Warden."""
        return True

    def close(self) -> None:
        """See Warden."""


def test_whose_a_flow_is_is_known_at_once_where_that_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    quick, noted, source = Quick(), Noted(), Taped()
    monkeypatch.setattr(watching, "Resolver", lambda _, **__: quick)
    run, audience = watch_of(monkeypatch, source, WatchOptions())
    run.warden = noted  # type: ignore[assignment]
    source.after = run.stop
    known: list[bool] = []
    submit = quick.submit

    def submitted(flow: Flow, *, aside: bool = False) -> bool:
        known.append(isinstance(flow.owner, Glimpse) and flow.answered > 0)
        return submit(flow)

    monkeypatch.setattr(quick, "submit", submitted)
    run.run()
    flows = list(audience.flows.values())
    assert len(flows) == noted.looks > 4
    assert len(known) == noted.looks - noted.looks // 4, "what is known in full is not asked for"
    assert known[:3] == [True, False, True]
    assert all(type(flow.owner) is Owner and flow.owner.process is not None for flow in flows)


class Quick:
    """A resolver that has answered when it is asked, and of which a review finds the socket passed on."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.reviewed: list[int] = []

    def wait_ready(self, timeout: float) -> bool:
        """See Resolver."""
        return True

    def submit(self, flow: Flow, *, aside: bool = False) -> bool:
        """See Resolver."""
        self.answers.append(Answer(flow, structs.replace(OWNER, socket=5)))
        return True

    def review(self, flow: Flow) -> bool:
        """As Resolver: nothing is looked at again that was not told yet."""
        if not is_answered(flow.owner):
            return False
        self.reviewed.append(flow.number)
        self.answers.append(Answer(flow, HEIR))
        return True

    def collect(self) -> list[Answer]:
        """See Resolver."""
        found, self.answers = self.answers, []
        return found

    def close(self, timeout: float) -> None:
        """See Resolver."""


def test_an_owner_that_was_answered_right_before_the_end_is_looked_at_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Flows that begin and end in one batch: no tick collects their owners in between."""
    quick, source = Quick(), Taped()
    monkeypatch.setattr(watching, "Resolver", lambda _, **__: quick)
    run, audience = watch_of(monkeypatch, source, WatchOptions())
    source.after = run.stop
    run.run()
    ended = {number for number, flow in audience.flows.items() if flow.ended in {"fin", "rst"}}
    assert ended
    assert ended <= set(quick.reviewed)
    assert all(answer_of(audience.flows[number]) == HEIR for number in ended)


def test_owners_that_never_answer_do_not_keep_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, source = Slow(), Taped()
    monkeypatch.setattr(watching, "Resolver", lambda _, **__: Resolver(lambda: slow))
    monkeypatch.setattr(watching, "LAST_SECONDS", 0.05)
    run, audience = watch_of(monkeypatch, source, WatchOptions())
    source.after = run.stop
    run.run()
    slow.let.set()
    assert len(audience.events) == flow_count()
    assert all(events == ["open", "end"] for events in audience.events.values())


@pytest.mark.parametrize("protocols", [True, False])
def test_readers_of_protocols_are_there_before_the_first_packet(
    monkeypatch: pytest.MonkeyPatch, *, protocols: bool
) -> None:
    known = registry.Registry(registry.declared())
    monkeypatch.setattr(registry, "registry", lambda: known)
    run, _ = watch_of(
        monkeypatch, Taped(), WatchOptions(owners=False, flows=FlowOptions(protocols=protocols))
    )
    assert all(entry.claims is not None for entry in known.by_name.values()) is protocols
    run.stop()
    run.run()


def test_without_protocols_nothing_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Taped()
    options = WatchOptions(owners=False, flows=FlowOptions(protocols=False))
    run, audience = watch_of(monkeypatch, source, options)
    opened: list[int] = []

    def after() -> None:
        opened.append(len(audience.events))
        if len(opened) > 1:
            run.stop()

    monkeypatch.setattr(watching, "TICK_SECONDS", 0.0)
    source.after = after
    run.run()
    assert opened[-1] == flow_count()


def test_updates_are_told_of_flows_that_last(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Taped()
    monkeypatch.setattr(watching, "TICK_SECONDS", 0.0)
    monkeypatch.setattr(telling, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(watching, "LAG_NS", 1 << 62)  # a tape is old: its flows have not timed out
    run, audience = watch_of(monkeypatch, source, WatchOptions(owners=False, every=0.001))

    def after() -> None:
        if any(events.count("update") > 2 for events in audience.events.values()):
            run.stop()

    source.after = after
    run.run()
    for events in audience.events.values():
        assert (events[0], events[-1]) == ("open", "end")
        assert set(events[1:-1]) <= {"update"}


def test_the_file_is_whole_when_the_audience_has_gone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    target = tmp_path / "seen.pcapng"
    source = Taped()
    run, _ = watch_of(monkeypatch, source, WatchOptions(owners=False, write=str(target)), Leaves())
    source.after = run.stop
    with pytest.raises(BrokenPipeError):
        run.run()
    assert source.closed
    assert flow_count(target) == flow_count()


def test_a_file_that_cannot_be_made_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = Taped()
    with pytest.raises(EngineError, match="no-such-folder"):
        watch_of(monkeypatch, source, WatchOptions(write=str(tmp_path / "no-such-folder" / "x")))
    assert source.closed


def test_a_file_that_takes_no_more_ends_it_with_every_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Taped()
    run, audience = watch_of(monkeypatch, source, WatchOptions(owners=False, write="/dev/full"))
    source.after = run.stop
    run.run()
    assert str(run.error) == "/dev/full: offset 0: cannot write: no space left on device"
    assert all(events == ["open", "end"] for events in audience.events.values())


def test_keys_are_read_before_the_packets_that_came_with_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else a connection's first words waited for its next packet, or for its end."""
    log, known = tmp_path / "keys", list[int]()

    class Written(Taped):
        def poll(self, timeout: float) -> FrameBatch | None:
            log.write_text(f"CLIENT_RANDOM {bytes(32).hex()} {bytes(48).hex()}\n")
            return super().poll(timeout)

    class Asks(Audience):
        def observed(self, flow: Flow, observation: Observation) -> None:
            assert run.keys is not None
            known.append(run.keys.lines)

    source = Written()
    options = WatchOptions(owners=False, keylog=str(log))
    run, _ = watch_of(monkeypatch, source, options, Asks())
    run.tick = 3600.0
    source.after = run.stop
    run.run()
    assert known[0] == 1

from __future__ import annotations

from pathlib import Path

import pytest

from procwire.capture.files import open_files
from procwire.engine.options import EngineError, FlowOptions, ReadOptions
from procwire.engine.pipeline import Pipeline, limits_of
from procwire.engine.reading import Reading
from procwire.flows.limits import SECOND
from procwire.model.flow import Flow
from procwire.model.frames import batch_of
from procwire.model.listening import Silent
from procwire.model.observation import Observation

VECTORS = Path(__file__).parents[1] / "vectors"


class Ears(Silent):
    """Remembers all it is told, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Flow]] = []
        self.observations: list[Observation] = []

    def opened(self, flow: Flow) -> None:
        self.heard.append(("opened", flow))

    def decided(self, flow: Flow) -> None:
        self.heard.append(("decided", flow))

    def observed(self, flow: Flow, observation: Observation) -> None:
        self.observations.append(observation)

    def ended(self, flow: Flow) -> None:
        self.heard.append(("ended", flow))

    def flows(self, what: str) -> list[Flow]:
        return [flow for said, flow in self.heard if said == what]


def read(name: str, options: FlowOptions | None = None) -> tuple[Ears, Pipeline]:
    ears = Ears()
    reading = Reading(ReadOptions(paths=(str(VECTORS / name),), flows=options or FlowOptions()), ears)
    reading.run()
    assert reading.error is None
    return ears, reading.pipeline


def test_each_flow_is_opened_once_and_ended_once() -> None:
    ears, pipeline = read("http/ordinary.pcap")
    opened, ended = ears.flows("opened"), ears.flows("ended")
    assert len(opened) == len(set(map(id, opened))) == pipeline.tracker.counts.flows
    assert {id(flow) for flow in opened} == {id(flow) for flow in ended}
    assert len(ended) == len(opened)


def test_a_clock_that_is_set_back_between_packets_ends_no_flow() -> None:
    """Live, packets come few by few: each time the table was told the latest time of all, two hours ahead."""
    source = open_files([str(VECTORS / "http/ordinary.pcap")])
    frames = [(each.time[row], each.frame(row)) for each in source.batches() for row in range(each.count)]
    source.close()
    ears = Ears()
    pipeline = Pipeline(FlowOptions(), ears)
    for number, (time, frame) in enumerate(frames):
        batch = batch_of([frame])
        batch.time[0] = time - (7200 * SECOND if number > 2 else 0)
        pipeline.ingest(pipeline.decode(batch))
        pipeline.expire(batch.time[0] - SECOND // 2)
    pipeline.finish()
    whole, _ = read("http/ordinary.pcap")
    told, meant = ([flow.packets_out for flow in each.flows("ended")] for each in (ears, whole))
    assert told == meant
    outcome = pipeline.outcome()
    assert (outcome.first, outcome.last) == (frames[0][0], max(time for time, _ in frames[:3]))


def test_every_packet_is_in_a_flow() -> None:
    ears, pipeline = read("tls/tls13.pcap")
    counted = sum(flow.packets_out + flow.packets_in for flow in ears.flows("ended"))
    assert counted == pipeline.tracker.counts.packets - pipeline.tracker.counts.non_ip


def test_observations_are_heard_with_their_flow_understood() -> None:
    ears, pipeline = read("http/pipelined.pcap")
    requests = [seen for seen in ears.observations if type(seen).__name__ == "HttpRequest"]
    assert [seen.path for seen in requests] == [f"/{n}" for n in range(5)]  # type: ignore[attr-defined]
    assert pipeline.observations == len(ears.observations)


def test_names_from_dns_answers_label_later_flows(tmp_path: Path) -> None:
    ears, pipeline = read("dns/udp.pcap")
    assert pipeline.names.name("192.0.2.80", "10.77.0.1", ears.flows("ended")[-1].last) is not None


def test_without_protocols_flows_are_only_counted() -> None:
    ears, _ = read("http/ordinary.pcap", FlowOptions(protocols=False))
    assert ears.observations == []
    assert {flow.app for flow in ears.flows("ended")} == {"unknown"}


def test_a_timeout_of_another_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(EngineError, match=r"no timeout is called 'upd'; there are .*udp") as caught:
        limits_of(FlowOptions(timeouts={"upd": 1}))
    assert caught.value.code == 2


def test_limits_out_of_range_are_refused() -> None:
    with pytest.raises(EngineError, match="max_flows"):
        limits_of(FlowOptions(max_flows=0))


@pytest.mark.parametrize("name", ["http/ordinary.pcap", "tls/tls13.pcap", "dns/udp.pcap"])
def test_a_flow_is_opened_before_anything_else_is_said_of_it(name: str) -> None:
    ears, _ = read(name)
    first: dict[int, str] = {}
    for said, flow in ears.heard:
        first.setdefault(id(flow), said)
    assert set(first.values()) == {"opened"}

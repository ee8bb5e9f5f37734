"""Names are those that one book would have given that heard of everything in order."""

from __future__ import annotations

from procwire.crew.naming import UNORDERED, Labels, Notes, Unnamed
from procwire.flows.share import HOLES, PACKET, Share
from procwire.model.flow import Flow
from tests.dpi.flows import flow
from tests.dpi.test_names import answer


def told(notes: Notes, turn: int, address: str, name: str, step: int = PACKET) -> None:
    notes.share.turn, notes.share.step = turn, step
    notes.hear(flow(), answer(name, address))


def opened(notes: Notes, number: int) -> Flow:
    one: Flow = flow()
    one.number = number
    notes.label_all([flow(), one], 1)
    return one


def test_a_flow_is_named_by_answers_that_came_before_it_wherever_they_were_heard() -> None:
    one, other, labels = Notes(), Notes(), Labels()
    early = opened(one, 1)  # turn 2, by the packet that says the first name
    told(one, 2, "192.0.2.1", "first.example")
    before = opened(other, 3)  # turn 6
    told(one, 8, "192.0.2.1", "second.example")
    after = opened(other, 5)  # turn 10
    late = opened(one, 2)  # turn 4: noted only now
    labels.read([one.taken(), other.taken()])
    flows = (early, before, after, late)
    for each in flows:
        labels.put(each)
    names = ["", "first.example", "second.example", "first.example"]
    assert [each.server_name for each in flows] == names
    assert after.server_name_source == "dns-answer"
    assert one.taken() == []


def test_a_name_of_its_own_stays_and_nothing_is_kept_for_it() -> None:
    notes, labels = Notes(), Labels()
    told(notes, 2, "192.0.2.1", "learned.example")
    one = opened(notes, 4)
    one.server_name = "own.example"
    labels.read([notes.taken()])
    labels.put(one)
    assert one.server_name == "own.example"
    assert "name_age" not in one.facts
    assert labels.ready == {}


def test_an_answer_whose_place_among_others_is_not_known_is_a_strain() -> None:
    notes = Notes()
    notes.share = Share(0, 2)
    told(notes, 2, "192.0.2.1", "first.example")
    assert notes.share.strained == ""
    told(notes, 4, "192.0.2.1", "first.example", HOLES)
    assert notes.share.strained == UNORDERED


def test_without_names_nothing_is_named() -> None:
    book = Unnamed()
    one = flow()
    book.hear(one, answer("first.example", "192.0.2.1"))
    book.label_all([one], 0)
    assert not book.label(one, 0)
    assert one.server_name == ""

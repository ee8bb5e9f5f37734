"""Programs and containers that become known after they were named."""

from __future__ import annotations

import gc
from typing import Any

from procwire.model.process import EXACT, Container, Executable, Owner, ProcessRef
from procwire.processes.answers import Look
from procwire.warden import facts, messages
from procwire.warden.facts import Mirror, Shelf


def look(program: Executable | None, container: Container | None = None) -> Look:
    ref = ProcessRef(pid=1, start=2, name="x", executable=program, facts=container)
    return Look(Owner(process=ref, confidence=EXACT), True)


def across(shelf: Shelf, found: Look) -> messages.Found:
    told = messages.reply(messages.pack(shelf.found(found)))
    assert isinstance(told, messages.Found)
    return told


def test_one_object_for_all_that_name_it_and_it_fills_up() -> None:
    shelf, mirror = Shelf(), Mirror()
    program, container = Executable(path="/x"), Container(id="c")
    first = mirror.look(across(shelf, look(program, container))).owner.process
    second = mirror.look(across(shelf, look(program, container))).owner.process
    assert first is not None
    assert second is not None
    assert first.executable is second.executable
    assert first.facts is second.facts
    assert shelf.news() is None
    program.sha256 = "ab"
    container.name = "web"
    news = shelf.news()
    assert news is not None
    told = messages.reply(messages.pack(news))
    assert isinstance(told, messages.Learned)
    mirror.learn(told)
    assert first.executable is not None
    assert first.executable.sha256 == "ab"
    assert first.facts is not None
    assert first.facts.name == "web"
    assert shelf.news() is None


def test_others_of_the_same_path_stay_apart() -> None:
    shelf, mirror = Shelf(), Mirror()
    old, new = Executable(path="/x"), Executable(path="/x")
    refs = [mirror.look(across(shelf, look(each))).owner.process for each in (old, new)]
    old.sha256 = "old"
    mirror.learn(shelf.news() or messages.Learned({}, {}))
    assert [ref.executable.sha256 for ref in refs if ref and ref.executable] == ["old", ""]


def test_a_process_is_one_object_for_all_its_flows_while_one_names_it() -> None:
    mirror = Mirror()

    def flow_of(name: str, **more: Any) -> Owner:
        ref = ProcessRef(pid=7, start=2, name=name, **more)
        owner = Owner(process=ref, peer=ref, confidence="".join(["ex", "act"]), source="bpf")
        return mirror.look(across(Shelf(), Look(owner, True))).owner

    first, second = flow_of("x"), flow_of("x")
    assert first.process is second.process is first.peer
    assert first.confidence is second.confidence
    changed = flow_of("y")
    assert changed.process is not None
    assert (changed.process.name, first.process and first.process.name) == ("y", "x")
    assert flow_of("y").process is changed.process
    assert len(mirror._processes) == 1
    del first, second, changed
    gc.collect()
    assert len(mirror._processes) == 0


def test_what_is_kept_is_bounded(monkeypatch: object) -> None:
    import pytest

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(facts, "MAX_KEPT", 3)
        shelf, mirror = Shelf(), Mirror()
        programs = [Executable(path=str(number)) for number in range(10)]
        for program in programs:
            mirror.look(across(shelf, look(program)))
        for program in programs:
            program.sha256 = "ab"
        news = shelf.news()
        assert news is not None
        assert len(news.programs) == 3
        assert len(mirror._programs) == 3


def test_without_either_nothing_is_numbered() -> None:
    told = Shelf().found(look(None))
    assert (told.programs, told.containers) == ((0, 0), (0, 0))
    assert Mirror().look(told).owner == told.owner

from __future__ import annotations

from procwire.model.process import ProcessRef
from procwire.processes.kinship import choose


def process(pid: int, ppid: int, exe: str = "/bin/app", name: str = "app") -> ProcessRef:
    return ProcessRef(pid=pid, start=pid * 1000, name=name, exe=exe, ppid=ppid)


def test_nobody_holds_it() -> None:
    assert choose([], listening=False) is None


def test_a_forked_worker_has_the_connection() -> None:
    held = [(5, process(10, 1)), (5, process(11, 10)), (5, process(12, 11))]
    chosen = choose(held, listening=False)
    assert chosen is not None
    assert chosen.pid == 12


def test_a_child_that_became_another_program_only_inherited_it() -> None:
    chosen = choose([(5, process(10, 1)), (5, process(11, 10, "/bin/sleep", "sleep"))], listening=False)
    assert chosen is not None
    assert chosen.pid == 10


def test_another_program_with_it_as_standard_input_works_on_it() -> None:
    chosen = choose([(5, process(10, 1)), (0, process(11, 10, "/bin/cat", "cat"))], listening=False)
    assert chosen is not None
    assert chosen.pid == 11


def test_a_listener_belongs_to_the_one_that_opened_it() -> None:
    held = [(5, process(12, 10)), (5, process(10, 1)), (5, process(11, 10))]
    chosen = choose(held, listening=True)
    assert chosen is not None
    assert chosen.pid == 10


def test_an_activator_gives_way() -> None:
    held = [(30, process(1, 0, "/sbin/init", "systemd")), (3, process(40, 1, "/usr/sbin/sshd", "sshd"))]
    chosen = choose(held, listening=True)
    assert chosen is not None
    assert chosen.pid == 40


def test_an_activator_alone_has_it() -> None:
    chosen = choose([(30, process(1, 0, "/sbin/init", "systemd"))], listening=True)
    assert chosen is not None
    assert chosen.pid == 1


def test_unrelated_holders_the_youngest_has_the_connection_the_oldest_the_listener() -> None:
    held = [(5, process(20, 1)), (7, process(30, 1))]
    young, old = choose(held, listening=False), choose(held, listening=True)
    assert young is not None
    assert old is not None
    assert (young.pid, old.pid) == (30, 20)

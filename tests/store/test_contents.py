"""What is stored, derived from what is declared."""

from __future__ import annotations

from procwire.engine.catalogue import tables
from procwire.model.flow import Flow
from procwire.model.host_tables import PROCESSES
from procwire.model.process import EXACT, Executable, Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.model.tables import CORE
from procwire.store.contents import OWNERS, contents
from procwire.store.schema import KEPT, create


def test_every_table_of_observations_is_stored() -> None:
    core = {table.name for table in CORE}
    stored = {table.name: table for table in contents(tables())}
    for table in tables():
        if table.name not in core:
            kept = {column.name for column in stored[table.name]}
            assert {column.name for column in table} | {"flow_id", "src", "dst", "process"} <= kept
            assert not kept & {column.name for column in KEPT}, table.name
    assert {
        "flow",
        "process",
        "process_event",
        "interface",
        "traffic",
        "accounting",
        "finding",
        "procmond_process",
    } == set(stored) & core
    assert all(create(table) for table in stored.values())


def test_an_owner_is_a_row_of_its_own() -> None:
    flow = Flow()
    flow.first = 5
    flow.owner = Owner(
        process=ProcessRef(
            pid=7, start=9, name="curl", exe="/usr/bin/curl", uid=0, user="root", ppid=1, ancestors=("sh:1",),
            container="abc", executable=Executable(path="/usr/bin/curl", sha256="ff"),
        ),
        confidence=EXACT,
    )  # fmt: skip
    row = FlowRow(flow)
    found = {column.name: value for column in OWNERS if (value := column.get(row)) is not None}
    assert found == {
        "pid": 7, "ppid": 1, "user": "root", "uid": 0, "start": 9, "container": "abc", "process": "curl",
        "ancestors": ("sh:1",), "exe": "/usr/bin/curl", "container_id": "abc", "exe_sha256": "ff",
        "exe_deleted": False, "exe_memfd": False,
    }  # fmt: skip
    assert [column.name for column in OWNERS] == [column.name for column in PROCESSES]

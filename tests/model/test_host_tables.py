from __future__ import annotations

from typing import Any

from procwire.model.host import KERNEL_THREAD, HostContext, ProcessRow, Task
from procwire.model.host_tables import PROCESSES
from procwire.model.process import Container, Executable
from tests.model.test_host import a_task


class Known(HostContext):
    """A host that knows everything of its one process."""

    now = 10_000_000_000

    def start(self, task: Task) -> int | None:
        return 4_000_000_000

    def exe(self, task: Task) -> str | None:
        return "/usr/bin/curl"

    def user(self, uid: int) -> str | None:
        return "root"

    def place(self, task: Task, what: str) -> str | None:
        return {"container": "0123456789ab", "unit": "x.service"}.get(what, "")

    def executable(self, task: Task) -> Executable | None:
        return Executable(path="/usr/bin/curl", deleted=True, sha256="ab")

    def container(self, task: Task) -> Container | None:
        return Container(id="0123456789ab", name="web", image="nginx:1", labels={"b": "2", "a": "1"})


def values(row: ProcessRow) -> dict[str, Any]:
    return {column.name: column.get(row) for column in PROCESSES}


def test_a_bare_task_can_be_read_in_every_column() -> None:
    seen = values(ProcessRow(a_task()))
    assert (seen["pid"], seen["process"], seen["state"], seen["netns"]) == (7, "curl", "running", 99)
    assert seen["rss"] == 3 * 4096
    unknown = ("age", "start", "exe", "cmdline", "user", "unit", "container", "exe_deleted", "exe_sha256")
    assert [seen[name] for name in unknown] == [None] * len(unknown)
    assert seen["kernel"] is False


def test_what_the_host_knows_becomes_columns() -> None:
    seen = values(ProcessRow(a_task(flags=KERNEL_THREAD), Known(), "└─ "))
    assert seen["process"] == "└─ curl"
    assert (seen["start"], seen["age"], seen["kernel"]) == (4_000_000_000, 6_000_000_000, True)
    assert (seen["container"], seen["container_id"], seen["unit"]) == ("web", "0123456789ab", "x.service")
    assert (seen["image"], seen["container_labels"]) == ("nginx:1", ("a=1", "b=2"))
    assert (seen["exe_deleted"], seen["exe_memfd"], seen["exe_replaced"]) == (True, False, None)
    assert (seen["exe_sha256"], seen["exe_blake3"]) == ("ab", None)

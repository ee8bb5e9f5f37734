"""Policies as text."""

from __future__ import annotations

from pathlib import Path

from procwire.configuration.document import Document
from procwire.egress.contact import Who
from procwire.egress.policy import Entry, Line, Policy, described
from procwire.egress.writing import text

ODD = 'no: "x" # {y}, \\ é\n'


def test_what_is_written_is_read_the_same() -> None:
    policy = Policy(
        entries=[
            Entry(
                who=Who(exe=f"/opt/{ODD}", container="yes"),
                to=[
                    Line(dest="*.example.com", proto="tcp", port="80,443", flows=2, bytes_out=7, first=9),
                    Line(dest="2001:db8::/32", note=ODD),
                    Line(dest="AS64500", port="8000-8100", proto="udp"),
                ],
                note="0x10",
            ),
            Entry(who=Who(host="10.0.0.5"), to=[]),
        ],
        unlisted="ignore",
    )  # fmt: skip
    read = described(Document(Path("x"), text=text(policy)).values)
    assert read == policy


def test_an_empty_one_and_its_head() -> None:
    assert described(Document(Path("x"), text=text(Policy(entries=[]))).values) == Policy(entries=[])
    assert text(Policy(entries=[], head="# mine\n")).startswith("# mine\nformat: 1\n")

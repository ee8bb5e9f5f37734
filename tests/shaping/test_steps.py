from __future__ import annotations

import msgspec

from procwire.shaping.steps import DropQdisc, MakeIfb, Mark, Part, Place, PutQdisc, Settle, Step, told

STEPS: tuple[Step, ...] = (
    PutQdisc(device=3, parent=0xFFFFFFFF, handle=0x70770000, kind="netem", options=bytes(range(24))),
    DropQdisc(device=3, parent=0xFFFFFFFF, handle=0x70770000, kind="netem"),
    MakeIfb(device=9, name="pwifb3"),
    Mark(cgroup="/a", priority=5),
    Settle(pid=1, start=2, group="/a/b", home="/a"),
)


def test_a_part_comes_back_from_json() -> None:
    part = Part(
        place=Place(path="/x", inode=7), device=3, name="\udcffeth", side="egress", steps=STEPS, undo=STEPS
    )
    plain = msgspec.structs.replace(part, name="eth0")
    assert msgspec.json.decode(msgspec.json.encode(plain), type=Part) == plain


def test_steps_are_told_as_tc_would_say_them() -> None:
    words = told(STEPS[0])
    assert words == "put-qdisc device=3 parent=root handle=7077: kind=netem options=24 bytes how=add"
    assert told(STEPS[2]) == "make-ifb device=9 name=pwifb3"

"""Whether networks can be shaped here: which kinds of queue and filter this kernel has, each tried."""

from __future__ import annotations

from procwire.model.rows import Check

REMEDY = (
    "modprobe the kinds that are lacking (sch_netem, sch_htb, ifb, cls_u32, act_mirred), or another kernel"
)


def shaping() -> Check:
    """What can be done to packets on interfaces, and what cannot and why.

    The room is loaded here: a watch knows this check and does not make it.
    """
    from procwire.shaping import catching
    from procwire.shaping.abilities import EMULATED, SERVES
    from procwire.shaping.failure import ShapingError
    from procwire.shaping.probe import probe

    try:
        able = probe()
    except ShapingError as error:
        return Check(name="shaping", status="degraded", detail=str(error), remedy="run as root")
    lacking = [
        f"{able.lacking(kind)}, so no {served}" for kind, served in SERVES.items() if able.lacking(kind)
    ]
    if able.bpf and (reason := catching.why_not()):
        lacking.append(f"{reason}, so no {SERVES['bpf']}")
    have = ", ".join(kind for kind, there in able.kinds.items() if there)
    if not lacking:
        return Check(name="shaping", status="ok", detail=f"this kernel has {have}")
    emulated = "" if able.netem else f"; {EMULATED}"
    detail = f"{'; '.join(lacking)}{emulated}; it has {have or 'nothing'}"
    return Check(name="shaping", status="degraded", detail=detail, remedy=REMEDY)

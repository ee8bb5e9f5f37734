"""What a kernel can do to packets, and what an effect asks of it, in plain words. Pure; ``probe`` finds it
out.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from procwire.shaping.impairment import Effect

OPTIONS = {
    "netem": "CONFIG_NET_SCH_NETEM", "htb": "CONFIG_NET_SCH_HTB", "tbf": "CONFIG_NET_SCH_TBF",
    "prio": "CONFIG_NET_SCH_PRIO", "fq_codel": "CONFIG_NET_SCH_FQ_CODEL", "ingress": "CONFIG_NET_SCH_INGRESS",
    "clsact": "CONFIG_NET_SCH_INGRESS", "u32": "CONFIG_NET_CLS_U32", "flower": "CONFIG_NET_CLS_FLOWER",
    "fw": "CONFIG_NET_CLS_FW", "matchall": "CONFIG_NET_CLS_MATCHALL", "bpf": "CONFIG_NET_CLS_BPF",
    "mirred": "CONFIG_NET_ACT_MIRRED", "ifb": "CONFIG_IFB",
}  # fmt: skip
SERVES = {
    "netem": "delay, loss, duplicates, reordering, corruption and slots on interfaces",
    "htb": "shaping a part of an interface's traffic",
    "tbf": "a bottleneck for all of an interface's traffic",
    "ifb": "shaping what an interface receives",
    "mirred": "leading received packets through an ifb",
    "ingress": "catching received packets",
    "u32": "telling traffic apart by address and port",
    "bpf": "shaping what a process, unit or cgroup receives",
}
EMULATED = (
    "`procwire shape run -- COMMAND` emulates it in user space, for a command in a namespace of its own"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """Which kinds the kernel has; ``reasons`` says of each other why not."""

    netem: bool = False
    htb: bool = False
    tbf: bool = False
    prio: bool = False
    fq_codel: bool = False
    ingress: bool = False
    clsact: bool = False
    u32: bool = False
    flower: bool = False
    fw: bool = False
    matchall: bool = False
    bpf: bool = False
    mirred: bool = False
    ifb: bool = False
    seed: bool = False
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def kinds(self) -> dict[str, bool]:
        """Each kind, and whether it is there."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "reasons"}

    def lacking(self, kind: str) -> str:
        """Why a kind cannot be used, for people; empty where it can."""
        if self.kinds[kind]:
            return ""
        reason = dict(self.reasons).get(kind, "")
        return reason or f"this kernel has no {kind} ({OPTIONS.get(kind, 'not known to it')})"


def unmet(
    effect: Effect, able: Abilities, *, received: bool, partly: bool, grouped: bool = False
) -> tuple[str, ...]:
    """Why an effect cannot be had here, a sentence each. ``partly``: some traffic is to pass untouched.
    ``grouped``: a control group's is meant.
    """
    needed: dict[str, str] = {}
    beyond_rate = Effect(rate=effect.rate, queue_packets=effect.queue_packets) != effect
    if beyond_rate:
        needed["netem"] = f"; {EMULATED}"
    if (partly or not able.netem) and (partly or not able.tbf):
        needed["htb"] = ""
    if partly and not able.flower:
        needed["u32"] = ""
    if received:
        needed |= {"ifb": "", "mirred": "", "bpf" if grouped else "u32": ""}
        if not able.clsact:
            needed["ingress"] = ""
    return tuple(f"{able.lacking(kind)}{more}" for kind, more in needed.items() if able.lacking(kind))

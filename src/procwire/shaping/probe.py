"""Which kinds of qdisc, filter and device this kernel has: each is tried, in a namespace made for it.

The namespace is gone when the trial is over, and nothing of the host's is touched. A kernel may load a
module for a kind; what it refuses it refuses in its own words.
"""

from __future__ import annotations

import errno
import functools

from procwire.netlink import message
from procwire.netlink.channel import ROUTE, Channel, NetlinkError
from procwire.shaping.abilities import OPTIONS, Abilities
from procwire.shaping.codec import filters, flower, htb, links, netem, queues, tbf, traffic, u32
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.attributes import attribute, number, packed, text
from procwire.shaping.codec.netem import Netem
from procwire.shaping.codec.tbf import Tbf
from procwire.shaping.codec.traffic import CLSACT, ETH_ALL, INGRESS_HANDLE, INGRESS_HOOK, ROOT, Object
from procwire.shaping.failure import ShapingError
from procwire.shaping.namespace import apart

LOOPBACK = 1  # its index in every namespace
_ADD = message.ACK | traffic.CREATE | traffic.EXCLUSIVE
_SEED = 0x7077
_RETURN_0 = packed("=HBBI", 0x06, 0, 0, 0)  # classic BPF: match nothing

QDISCS = {
    "netem": netem.encode(Netem(seed=_SEED)),
    "htb": htb.encode(htb.Htb()),
    "tbf": tbf.encode(Tbf(rate=125_000, burst=2000, limit=4000)),
    "prio": queues.encode_prio(queues.Prio()),
    "fq_codel": b"",
}
CATCHERS = ("ingress", "clsact")
FILTERS = {
    "u32": u32.encode(u32.U32(classid=1)),
    "flower": flower.encode(flower.Flower(classid=1)),
    "fw": filters.encode_fw(filters.Fw(classid=1)),
    "matchall": filters.encode_matchall(filters.MatchAll(classid=1)),
    "bpf": attribute(4, packed("=H", 1)) + attribute(5, _RETURN_0) + number(3, 1) + text(7, "probe"),
    "mirred": u32.encode(u32.U32(actions=(Mirred(LOOPBACK),))),
}
FILTER_KINDS = {"mirred": "u32"}


@functools.cache
def probe() -> Abilities:
    """What can be done here. Raises ShapingError where nothing can be tried."""
    return apart(_try_all)


def _try_all() -> Abilities:
    found: dict[str, str] = {}
    seeded = False
    with Channel(ROUTE) as channel:
        for kind, options in QDISCS.items():
            qdisc = Object(LOOPBACK, 0x10000, ROOT, kind, options)
            found[kind] = _told(channel, traffic.NEW_QDISC, qdisc)
            if not found[kind]:
                seeded = seeded or (kind == "netem" and _has_seed(channel))
                _told(channel, traffic.DEL_QDISC, qdisc)
        for kind in CATCHERS:
            catcher = Object(LOOPBACK, INGRESS_HANDLE, CLSACT, kind)
            found[kind] = _told(channel, traffic.NEW_QDISC, catcher)
            if not found[kind] and kind != CATCHERS[-1]:
                _told(channel, traffic.DEL_QDISC, catcher)
        if found["clsact"] and not found["ingress"]:
            _told(channel, traffic.NEW_QDISC, Object(LOOPBACK, INGRESS_HANDLE, CLSACT, "ingress"))
        for place, (kind, options) in enumerate(FILTERS.items(), 1):
            info = traffic.filter_info(place, ETH_ALL)
            handle = 1 if kind == filters.FW else 0  # the mark that it looks for
            wanted = Object(LOOPBACK, handle, INGRESS_HOOK, FILTER_KINDS.get(kind, kind), options, info)
            found[kind] = _told(channel, traffic.NEW_FILTER, wanted)
        found["ifb"] = _ifb(channel)
    reasons = tuple((kind, reason) for kind, reason in found.items() if reason)
    return Abilities(seed=seeded, reasons=reasons, **{kind: not reason for kind, reason in found.items()})


def _told(channel: Channel, kind: int, wanted: Object) -> str:
    """Try it; why it was refused, or nothing."""
    flags = message.ACK if kind == traffic.DEL_QDISC else _ADD
    try:
        for _ in channel.ask(kind, traffic.encode(wanted, bare=kind == traffic.DEL_QDISC), flags):
            pass
    except NetlinkError as error:
        return _why(wanted.kind, error)
    return ""


def _ifb(channel: Channel) -> str:
    try:
        for _ in channel.ask(links.NEW_LINK, links.made(0, "probe", "ifb"), _ADD):
            pass
    except NetlinkError as error:
        return _why("ifb", error)
    return ""


def _has_seed(channel: Channel) -> bool:
    """A kernel before 6.6 takes a seed without a word, and does not tell it again."""
    asked = traffic.asked(LOOPBACK, ROOT)
    try:
        answers = list(channel.ask(traffic.GET_QDISC, asked, message.ACK | 0x8))
        return bool(answers) and netem.decode(traffic.decode(answers[0].body).options).seed == _SEED
    except (NetlinkError, ShapingError):
        return False


def _why(kind: str, error: NetlinkError) -> str:
    if error.errno in (errno.ENOENT, errno.EOPNOTSUPP):
        return f"this kernel has no {kind} ({OPTIONS[kind]})"
    return f"{kind}: {error.strerror}"

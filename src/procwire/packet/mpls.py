# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Headers after which nothing names what follows: MPLS label stacks (RFC 3032), pseudowires, raw IP.

Refuses to look further than the first bytes: the version nibble, and for IP whether the length fits.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.packet._codes import (
        FAULT_LINK_SHORT,
        FAULT_TOO_DEEP,
        LAYER_MPLS,
        LAYER_PSEUDOWIRE,
        LAYER_RAW,
        MAX_LABELS,
        STEP_DONE,
        STEP_ETHER,
        STEP_IP4,
        STEP_IP6,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32
else:
    from procwire.packet._codes import (
        FAULT_LINK_SHORT,
        FAULT_TOO_DEEP,
        LAYER_MPLS,
        LAYER_PSEUDOWIRE,
        LAYER_RAW,
        MAX_LABELS,
        STEP_DONE,
        STEP_ETHER,
        STEP_IP4,
        STEP_IP6,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def mpls(c: Cursor) -> cython.int:
    """RFC 3032 section 2.1: labels up to the bottom of the stack; nothing says what follows, so look."""
    label: cython.uint = 0
    count: cython.int = 0
    c.layer(LAYER_MPLS)
    while count < MAX_LABELS:
        if c.end - c.at < 4:
            return c.stop(FAULT_LINK_SHORT)
        label = be32(c, c.at)
        c.at += 4
        count += 1
        if label & 0x100:
            return beneath(c)
    return c.stop(FAULT_TOO_DEEP)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def beneath(c: Cursor) -> cython.int:
    """Under a label stack: IP by its first nibble (RFC 4928), else a pseudowire (RFC 4385)."""
    first: cython.int
    if c.end - c.at < 1:
        return c.stop(FAULT_LINK_SHORT)
    first = c.data[c.at] >> 4
    if first == 4 and c.end - c.at >= 20 and (c.data[c.at] & 15) >= 5 and be16(c, c.at + 2) <= c.limit - c.at:
        c.kind = 0x0800
        return STEP_IP4
    if first == 6 and c.end - c.at >= 40 and be16(c, c.at + 4) + 40 <= c.limit - c.at:
        c.kind = 0x86DD
        return STEP_IP6
    if first == 0 and c.end - c.at >= 18 and controlled(c):
        c.layer(LAYER_PSEUDOWIRE)
        c.at += 4
        return STEP_ETHER
    if first != 1 and c.end - c.at >= 14:
        return STEP_ETHER
    return STEP_DONE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def controlled(c: Cursor) -> cython.bint:
    """A control word, or an address that begins with a 0 nibble? An ethertype in its place decides."""
    return common(be16(c, c.at + 16)) or not common(be16(c, c.at + 12))


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def common(kind: cython.uint) -> cython.bint:
    """Ethertypes that a customer's frame most likely has."""
    return kind in (0x0800, 0x0806, 0x8100, 0x86DD, 0x88A8, 0x8847, 0x88CC)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def nibble(c: Cursor) -> cython.int:
    """Raw IP: the version says which."""
    first: cython.int
    if c.layers == 0:
        c.layer(LAYER_RAW)
    if c.end - c.at < 1:
        return c.stop(FAULT_LINK_SHORT)
    first = c.data[c.at] >> 4
    if first == 6:
        c.kind = 0x86DD
        return STEP_IP6
    c.kind = 0x0800
    return STEP_IP4

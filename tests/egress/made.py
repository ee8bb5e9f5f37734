"""Contacts for policies."""

from __future__ import annotations

from typing import Any

from procwire.egress.contact import Contact, Who

CURL = Who(exe="/usr/bin/curl", process="curl", host="10.0.0.5")
SECOND = 1_000_000_000


def contact(name: str = "example.com", port: int | None = 443, *, at: int = 1, **more: Any) -> Contact:
    """curl went to example.com, unless it is said otherwise."""
    return Contact(
        who=more.pop("who", CURL), name=name, address=more.pop("address", "93.184.216.34"),
        asn=more.pop("asn", 0), port=port, proto=more.pop("proto", "tcp"), first=at * SECOND,
        last=at * SECOND, bytes_out=more.pop("bytes_out", 100), flow_id=f"{at:016x}",
    )  # fmt: skip

"""Where the ends of a flow are, as columns: see ``tables``. Known with databases, or with ``--labels``."""

from __future__ import annotations

from procwire.model.columns import Column, Free
from procwire.model.declare import count as _count
from procwire.model.declare import text as _text
from procwire.model.getters import Getter


def _of(end: str, name: str) -> Getter:
    """One fact of one end's place."""

    def get(row: object) -> object:
        found = getattr(row.context.place(getattr(row.flow, end)), name)  # type: ignore[attr-defined]
        return found if found not in ("", None) else None

    return get


def _columns(end: str) -> tuple[Column, ...]:
    return (
        _text(f"{end}_country", f"Country of `{end}` by the GeoIP databases, as in ISO 3166-1.",
              _of(end, "country"), free=Free.EQUALS),
        _text(f"{end}_city", f"City of `{end}`, in English.", _of(end, "city")),
        _count(f"{end}_asn", f"Number of the autonomous system that announces `{end}`.", _of(end, "asn"),
               free=Free.EQUALS),
        _text(f"{end}_as_name", "Whose that is.", _of(end, "as_name")),
        _text(f"{end}_range", f"Special range that `{end}` lies in, by the registries of IANA: private, "
              "loopback, documentation, reserved, unallocated, ...", _of(end, "range"), free=Free.EQUALS),
    )  # fmt: skip


PLACES = (
    *_columns("src"),
    *_columns("dst"),
    _text("server_domain", "Registered domain of `server_name`, by the public suffix list.",
          lambda row: row.context.domain(row.flow.server_name) or None, free=Free.EQUALS),
)  # fmt: skip

"""Tables that are asked for and never stored: each is made of others when a query reads it."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter

import msgspec

from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, text


class View(msgspec.Struct, frozen=True, kw_only=True):
    """``made`` is the SELECT behind it, over the tables of ``sources``."""

    table: Table
    sources: tuple[str, ...]
    made: str


NAMES = View(
    table=Table(
        name="dns_name",
        doc="A name that an answer of DNS gave to an address.",
        columns=(
            column("address", Kind.ADDRESS, "The address.", itemgetter("address"), shown=True),
            text("name", "The name that was asked for.", itemgetter("name"), shown=True),
            column("first", Kind.TIME, "When it was first answered so.", itemgetter("first"), shown=True),
            column("last", Kind.TIME, "When it was last answered so.", itemgetter("last"), shown=True),
            count("answers", "How often it was answered so.", itemgetter("answers"), "answers", shown=True),
        ),
        moment="last",
    ),
    sources=("dns",),
    made="SELECT member.value AS address, query AS name, min(time) AS first, max(time) AS last, "
    "count(*) AS answers FROM dns, json_each(dns.addresses) AS member GROUP BY member.value, query",
)

VIEWS: Mapping[str, View] = {view.table.name: view for view in (NAMES,)}

"""Every format by its name."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from procwire.alerts.formats import cef, ecs, leef, ocsf, plain, powerbi, separated, stix, syslog
from procwire.alerts.reason import AlertError
from procwire.model.alert import Alert

_JSON = "application/json"


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """``encode`` makes one alert; where several stand in one file, ``header`` goes before the first."""

    name: str
    encode: Callable[[Alert], bytes]
    media: str = "text/plain; charset=utf-8"
    is_json: bool = False
    header: bytes = b""


FORMATS = {
    each.name: each
    for each in (
        Format(name="json", encode=plain.encode, media=_JSON, is_json=True),
        Format(name="ocsf", encode=ocsf.encode, media=_JSON, is_json=True),
        Format(name="ecs", encode=ecs.encode, media=_JSON, is_json=True),
        Format(name="stix", encode=stix.encode, media="application/stix+json;version=2.1", is_json=True),
        Format(name="cef", encode=cef.encode),
        Format(name="leef", encode=leef.encode),
        Format(name="syslog", encode=syslog.encode),
        Format(
            name="csv", encode=separated.encode, media="text/csv; charset=utf-8", header=separated.header()
        ),
        Format(name="powerbi", encode=powerbi.encode, media=_JSON, is_json=True),
    )
}


def format_of(name: str) -> Format:
    """Raises AlertError for a name that is none."""
    if name not in FORMATS:
        raise AlertError(f"no format is called {name!r}; there are {', '.join(FORMATS)}")
    return FORMATS[name]

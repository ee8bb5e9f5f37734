"""Families and findings in OTLP's JSON, and the POST that tells them (OpenTelemetry protocol 1.x, OTLP/HTTP).

https://opentelemetry.io/docs/specs/otlp/#otlphttp: protobuf's JSON mapping, with 64-bit integers as text and
enumerations as numbers. Pure but for ``Sender``, which speaks to the one endpoint it was given.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from procwire import __version__
from procwire.metrics.reason import MetricsError
from procwire.metrics.tally import COUNTER, Family

SECONDS = 10.0  # an endpoint is waited for so long
CUMULATIVE = 2  # AGGREGATION_TEMPORALITY_CUMULATIVE (metrics.proto)
SEVERITIES = {"info": 9, "low": 10, "medium": 13, "high": 17, "critical": 21}  # SeverityNumber (logs.proto)
_SCOPE = {"name": "procwire", "version": __version__}


def _attributes(pairs: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"key": name, "value": {"stringValue": value}} for name, value in pairs]


def _resource(host: str) -> dict[str, Any]:
    pairs = (("service.name", "procwire"), ("service.version", __version__), ("host.name", host))
    return {"attributes": _attributes(pairs)}


def metrics(families: Iterable[Family], *, host: str, begun: int, now: int) -> dict[str, Any]:
    """ExportMetricsServiceRequest. ``begun``: when the counters were zero; both ns since 1970."""
    told = []
    for family in families:
        points = [
            {
                "attributes": _attributes(labels),
                "startTimeUnixNano": str(begun),
                "timeUnixNano": str(now),
                "asDouble": value,
            }
            for labels, value in family.samples.items()
        ]
        if not points:
            continue
        name = family.name.replace("_", ".", 1)
        data: dict[str, Any] = {"dataPoints": points}
        if family.kind == COUNTER:
            data |= {"aggregationTemporality": CUMULATIVE, "isMonotonic": True}
        kind = "sum" if family.kind == COUNTER else "gauge"
        told.append({"name": name, "description": family.doc, kind: data})
    scope = {"scope": _SCOPE, "metrics": told}
    return {"resourceMetrics": [{"resource": _resource(host), "scopeMetrics": [scope]}]}


def logs(findings: Iterable[tuple[int, Mapping[str, Any]]], *, host: str) -> dict[str, Any]:
    """ExportLogsServiceRequest: one record for each finding, with the time it was heard of."""
    records = []
    for heard, row in findings:
        severity = str(row.get("severity") or "info")
        attributes = [
            (f"procwire.{name}", as_word(value)) for name, value in row.items() if value is not None
        ]
        records.append(
            {
                "timeUnixNano": str(heard),
                "observedTimeUnixNano": str(heard),
                "severityNumber": SEVERITIES.get(severity, 9),
                "severityText": severity,
                "body": {"stringValue": str(row.get("title") or row.get("detector") or "finding")},
                "attributes": _attributes(attributes),
            }
        )
    scope = {"scope": _SCOPE, "logRecords": records}
    return {"resourceLogs": [{"resource": _resource(host), "scopeLogs": [scope]}]}


def as_word(value: Any) -> str:
    """A value of a row as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class Sender:
    """Posts to an endpoint such as ``http://127.0.0.1:4318``. Raises MetricsError where it is none."""

    def __init__(self, endpoint: str, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise MetricsError(f"{endpoint}: not an address like http://127.0.0.1:4318")
        self._parts = parts
        self._headers = {"Content-Type": "application/json", "User-Agent": f"procwire/{__version__}"}
        self._headers |= dict(headers or {})

    def post(self, signal: str, request: Mapping[str, Any]) -> None:
        """``signal``: metrics or logs. Raises MetricsError where it was not taken."""
        where, host = self._parts, self._parts.hostname or ""
        path = f"{where.path.rstrip('/')}/v1/{signal}"
        link = (
            http.client.HTTPSConnection(
                host, where.port, timeout=SECONDS, context=ssl.create_default_context()
            )
            if where.scheme == "https"
            else http.client.HTTPConnection(host, where.port, timeout=SECONDS)
        )
        try:
            link.request("POST", path, msgspec.json.encode(request), self._headers)
            answer = link.getresponse()
            said = answer.read(4096)
        except (OSError, http.client.HTTPException) as error:
            raise MetricsError(f"{where.scheme}://{where.netloc}: {error}") from None
        finally:
            link.close()
        if answer.status >= 300:
            words = said[:200].decode("utf-8", "replace").strip()
            raise MetricsError(f"{where.netloc}{path}: {answer.status} {answer.reason}: {words}")

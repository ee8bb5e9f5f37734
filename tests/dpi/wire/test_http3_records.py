"""HTTP/3's records have HTTP/2's columns in a table of their own."""

from __future__ import annotations

from procwire.dpi.wire import http2_records, http3_records
from procwire.model.observation import columns_of


def test_the_same_columns_in_another_table() -> None:
    for ours, theirs in (
        (http3_records.Http3Request, http2_records.Http2Request),
        (http3_records.Http3Response, http2_records.Http2Response),
        (http3_records.Http3Reset, http2_records.Http2Reset),
    ):
        assert ours.TABLE == "http3"
        assert [column.name for column in columns_of(ours)] == [column.name for column in columns_of(theirs)]

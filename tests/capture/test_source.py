"""The error line says where and why, in one line."""

from procwire.capture.source import CaptureError


def test_the_error_is_one_line_with_file_and_offset() -> None:
    error = CaptureError("x.pcap", 1234, "record claims 4294967295 bytes captured")
    assert str(error) == "x.pcap: offset 1234: record claims 4294967295 bytes captured"


def test_an_offset_inside_compressed_data_is_named_so() -> None:
    error = CaptureError("x.gz", 24, "the data ends early", inside="gzip")
    assert str(error) == "x.gz: offset 24 of the uncompressed data: the data ends early"


def test_a_file_that_cannot_be_opened_has_no_offset() -> None:
    assert str(CaptureError("x", None, "no such file")) == "x: no such file"

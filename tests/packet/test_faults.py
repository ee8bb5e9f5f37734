"""Every fault has a name and a sentence."""

from __future__ import annotations

from procwire.packet import _codes, faults


def test_every_code_is_described_once() -> None:
    codes = {value for name, value in vars(_codes).items() if name.startswith("FAULT_")}
    assert codes == set(faults.FAULTS)
    assert len({fault.name for fault in faults.FAULTS.values()}) == len(codes)


def test_meanings_are_sentences() -> None:
    for code in faults.FAULTS:
        text = faults.meaning(code)
        assert text[0].isupper()
        assert text.endswith(".")


def test_a_code_without_a_name_still_prints() -> None:
    assert faults.name(200) == "fault-200"
    assert "200" in faults.meaning(200)

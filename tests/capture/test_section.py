"""A section's state: its order, its interfaces, its drops."""

from __future__ import annotations

import struct

from procwire.capture.roster import Roster
from procwire.capture.section import MAX_INTERFACES, Section
from tests.capture.crafted import interface, option, section


def test_a_new_section_has_no_interfaces_and_its_own_order() -> None:
    state = Section(Roster())
    assert state.start(section("<")) == ""
    assert state.learn(1, interface("<")[8:-4]) == ""
    assert (state.big, len(state.ports)) == (False, 1)
    assert state.start(section(">")) == ""
    assert (state.big, len(state.ports)) == (True, 0)


def test_statistics_are_totals_and_add_up_over_sections() -> None:
    state = Section(Roster())
    for drops in (5, 9):
        state.start(section("<"))
        state.learn(1, interface("<")[8:-4])
        for so_far in (2, drops):
            state.learn(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", so_far)))
    assert state.dropped == 14


def test_a_total_may_be_any_number_of_64_bits_in_each_section() -> None:
    state, most = Section(Roster()), (1 << 64) - 1
    for _ in range(3):
        assert state.start(section("<")) == ""
        state.learn(1, interface("<")[8:-4])
        state.learn(5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", most)))
    assert state.dropped == 3 * most


def test_interfaces_of_one_section_are_bounded() -> None:
    state = Section(Roster())
    state.start(section("<"))
    body = interface("<")[8:-4]
    faults = [state.learn(1, body) for _ in range(MAX_INTERFACES + 1)]
    assert set(faults[:-1]) == {""}
    assert faults[-1] == f"section describes more than {MAX_INTERFACES} interfaces"

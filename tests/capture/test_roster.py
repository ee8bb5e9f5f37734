"""Each interface once, and not more than the bound."""

from procwire.capture.roster import MAX_INTERFACES, Roster
from procwire.capture.source import Interface


def test_equal_interfaces_share_a_place() -> None:
    roster = Roster()
    assert roster.enrol(Interface(name="eth0")) == 1
    assert roster.enrol(Interface(name="eth1")) == 2
    assert roster.enrol(Interface(name="eth0")) == 1
    assert [entry.index for entry in roster.entries] == [0, 1, 2]


def test_a_full_roster_says_not_said_and_counts() -> None:
    roster = Roster()
    places = [roster.enrol(Interface(name=str(n))) for n in range(MAX_INTERFACES + 2)]
    assert (places[-3:], roster.unkept) == ([MAX_INTERFACES, 0, 0], 2)

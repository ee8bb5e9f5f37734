"""What a row must hold: never narrower than the rule."""

from __future__ import annotations

import pytest

from procwire.detect import needs
from procwire.detect.needs import Need, Needs, both, contained, either, equal, searched, worth
from procwire.model.filter import compile_filter
from procwire.model.tables import FLOWS

TLS, PORT = Need("app", "tls", exact=True), Need("dst_port", 443, exact=True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dst_port == 443", {PORT}),
        ("dst_port in {80, 443} and bytes > 1", {PORT, Need("dst_port", 80, exact=True)}),
        ("app == TLS", {TLS}),
        ("app == tls and dst_port == 443", {PORT}),
        ("app == tls or dst_port == 443", {TLS, PORT}),
        ("exe contains curl", {Need("exe", "curl")}),
        ("exe ~ '^/tmp/.*[.]sh$'", {Need("exe", "/tmp/")}),
        ("risks contains a or risks contains weak", None),
        ("not app == tls", None),
        ("app != tls", None),
        ("dst_port in 1..9", None),
        ("tls", None),
        ("exe is known", None),
    ],
)
def test_of_a_filter(text: str, found: set[Need] | None) -> None:
    assert needs.of_filter(compile_filter(text, FLOWS, now=0).tree, FLOWS) == found


def test_letters_whose_lower_case_depends_on_others_are_left_out() -> None:
    assert equal("exe", "Straße") == frozenset({Need("exe", "stra")})
    assert equal("exe", "CURL") == frozenset({Need("exe", "curl", exact=True)})
    assert contained("exe", "é") is None
    assert searched("exe", "(?:a|b)cdE+") == frozenset({Need("exe", "cd")})
    assert searched("exe", "(") is None


def test_of_several_the_one_that_rules_out_most() -> None:
    long: Needs = frozenset({Need("exe", "/usr/bin/curl")})
    short: Needs = frozenset({Need("exe", "-c")})
    assert both([short, None, long]) == long
    assert both([]) is None
    assert either([short, None]) is None
    assert either([short, long]) == frozenset({Need("exe", "-c"), Need("exe", "/usr/bin/curl")})
    assert worth(long) > worth(frozenset({PORT})) > worth(frozenset({TLS})) == worth(short) > worth(None) == 0

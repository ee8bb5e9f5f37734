from __future__ import annotations

import tracemalloc

import pytest

from procwire.dpi.user.pattern import PatternError, compiled, literal


def found(text: str, data: bytes) -> bytes | None:
    match = compiled(text).search(data)
    return None if match is None else match[match.re.groups and 1]


def test_ordinary_expressions_find_what_they_say() -> None:
    assert found("dev=([a-z0-9]+)", b"x; dev=ab12;") == b"ab12"
    assert found(r"v(\d+\.\d+)", b"v1.25 ") == b"1.25"
    assert found("(?:GET|POST) ([^ ]+)", b"POST /x HTTP") == b"/x"
    assert found(r"\x01\{([ab]{2,3})\}", b"\x01{abb}") == b"abb"
    assert found("(?P<id>[^;]*);", b"abc;d") == b"abc"
    assert found("a?b", b"b") == b"b"
    assert found("[]x]+", b"]x]") == b"]x]"


def test_nothing_is_given_back() -> None:
    assert found("a*ab", b"aaab") is None
    assert found("(a|ab)c", b"abc") is None


@pytest.mark.parametrize(
    "text",
    ["", "x" * 201, "a*?", "a++", "a**", ".*x", ".+", "(?=a)", "(?<!a)b", "(?>a)", "(?i)a", r"(a)\1", "a|b",
     "(", "a)", "[a", "*a", "a{", "(*a)", "é", r"\x1", "^*", "(a){2}{3}", "()" * 21, "a(?#b)", r"\Q",
     "[[a]", "[a--b]"],
)  # fmt: skip
def test_what_is_not_supported_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        compiled(text)


@pytest.mark.parametrize("text", ["(a+)+b", "((a|aa)+)+b", "a*a*a*a*a*b", "(a?){50}b", "([a-z]+)*="])
def test_what_holds_others_up_does_not(text: str) -> None:
    """With backtracking, each of these would not end in this test's time."""
    tracemalloc.start()
    assert found(text, b"a" * 1024) is None
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_set_without_an_end_is_called_that() -> None:
    with pytest.raises(PatternError, match=r"'\[a-z' has no end"):
        compiled("([a-z")


def test_the_fixed_start() -> None:
    assert literal("ACME/[0-9]+") == b"ACME/"
    assert literal(r"a\x00\.b+") == b"a\0."
    assert literal("ab*") == b"a"
    assert literal("[ab]c") == b""

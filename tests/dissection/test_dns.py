"""DNS messages, field by field."""

from __future__ import annotations

from tests.dissection.taking import over_tcp, over_udp, values

NAME = b"\3www\7example\0"
QUESTION = bytes.fromhex("1a2b81800001000100000000") + NAME + b"\0\1\0\1"
ANSWER = QUESTION + bytes.fromhex("c00c 0001 0001 0000012c 0004 c0000207")
AT = 42


def test_header_question_and_answer_have_their_bytes() -> None:
    layer = over_udp(ANSWER)[-1]
    assert layer.words == "response 0x1a2b, A www.example, NOERROR, A 192.0.2.7"
    ranges = {(part.name, part.level): (part.start - AT, part.end - AT, part.value) for part in layer.fields}
    assert ranges["id", 0] == (0, 2, "0x1a2b")
    assert ranges["flags", 0] == (
        2, 4, "0x8180 response, query, recursion desired, recursion available, NOERROR",
    )  # fmt: skip
    assert ranges["question", 0] == (12, 29, "A www.example")
    assert ranges["answer", 0] == (29, 45, "www.example A 192.0.2.7")
    assert ranges["ttl", 1] == (35, 39, "300 s")
    assert ranges["data", 1] == (41, 45, "192.0.2.7")


def test_a_message_that_is_cut_keeps_what_is_here() -> None:
    layer = over_udp(ANSWER[:-2])[-1]
    assert layer.missing == "answer data: 4 bytes wanted, 2 here"
    assert layer.words == "response 0x1a2b, A www.example, NOERROR"


def test_a_pointer_that_goes_round_is_said() -> None:
    layer = over_udp(QUESTION[:12] + b"\xc0\x0c\0\1\0\1")[-1]
    assert layer.missing == "name: compression pointer does not point backwards"


def test_over_tcp_the_length_stands_in_front() -> None:
    layer = over_tcp(len(ANSWER).to_bytes(2, "big") + ANSWER, (40000, 53))[-1]
    assert values(layer)["length"] == str(len(ANSWER))
    assert values(layer)["question"] == "A www.example"
    layer = over_tcp(len(ANSWER).to_bytes(2, "big") + ANSWER[:-1], (40000, 53))[-1]
    assert layer.missing == f"message: {len(ANSWER)} bytes announced, {len(ANSWER) - 1} of them here"


def test_an_option_record_is_no_class_and_ttl() -> None:
    layer = over_udp(QUESTION[:10] + b"\0\1" + NAME + b"\0\1\0\1" + ANSWER[29:]
                     + b"\0\0\x29\x04\xd0\0\0\x80\0\0\0")[-1]  # fmt: skip
    assert values(layer)["additional"] == "OPT"
    assert values(layer)["payload size"] == "1232"

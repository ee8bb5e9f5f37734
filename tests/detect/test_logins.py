from __future__ import annotations

from typing import Any

import pytest

from procwire.detect.logins import Logins, admits, refusals
from procwire.dpi.protocols.ftp import FtpExchange
from procwire.dpi.protocols.imap import ImapExchange
from procwire.dpi.protocols.mysql import MysqlOutcome
from procwire.dpi.protocols.pop3 import Pop3Exchange
from procwire.dpi.protocols.smtp import SmtpExchange
from procwire.dpi.protocols.ssh import SshLogin
from procwire.dpi.wire.http_records import HttpRequest, HttpResponse
from procwire.model.streams import Direction
from tests.detect.made import seen

SAID: dict[str, Any] = {"time": 0, "side": Direction.IN}


def ftp(code: int) -> Any:
    more: Any = {"command": "PASS", "argument": "***", "text": "", "credentials": True, "latency": None}
    return FtpExchange(**SAID, **more, code=code)


def imap(status: str) -> Any:
    return ImapExchange(
        **SAID, tag="a", command="LOGIN", argument="", status=status, text="", credentials=True, latency=None
    )


def pop3(status: str) -> Any:
    more: Any = {"command": "PASS", "argument": "***", "text": "", "credentials": True, "latency": None}
    return Pop3Exchange(**SAID, **more, status=status)


def smtp(code: int) -> Any:
    return SmtpExchange(**SAID, command="AUTH", argument="", code=code, text="", credentials=True)


def ssh(result: str, attempts: int = 1) -> Any:
    return SshLogin(**SAID, result=result, method="unknown", attempts=attempts)


def http(status: int, *, sent: bool = True) -> list[Any]:
    """A request and its answer."""
    asked = HttpRequest(
        time=0, side=Direction.OUT, method="GET", path="/", host="a", version="1.1", credentials=sent
    )
    answer = HttpResponse(**SAID, status=status, reason="", version="1.1")
    return [asked, answer]


def mysql(accepted: bool) -> Any:
    return MysqlOutcome(**SAID, accepted=accepted)


@pytest.mark.parametrize(
    ("refused", "accepted"),
    [
        (ftp(530), ftp(230)), (imap("NO"), imap("OK")), (pop3("-ERR"), pop3("+OK")), (smtp(535), smtp(235)),
        (ssh("refused"), ssh("accepted")), (mysql(accepted=False), mysql(accepted=True)),
    ],
    ids=["ftp", "imap", "pop3", "smtp", "ssh", "mysql"],
)  # fmt: skip
def test_each_protocol_says_it_in_its_own_words(refused: Any, accepted: Any) -> None:
    assert (refusals(refused), admits(refused)) == (1, False)
    assert (refusals(accepted), admits(accepted)) == (0, True)
    tries = [(float(at), refused) for at in range(15)]
    (found,) = seen(Logins(), tries, port=21)
    assert (found.count, found.severity) == (10, "medium")
    both = seen(Logins(), [*tries, (16.0, accepted)], port=21)
    assert [one.severity for one in both] == ["medium", "high"]
    assert both[1].detail.endswith("then one was accepted")


def test_a_guess_says_that_it_is_one() -> None:
    (found,) = seen(Logins(), [(0.0, ssh("refused", 6)), (1.0, ssh("refused", 6))], port=22)
    assert found.count == 12
    assert found.complete == "degraded"
    assert "guessed from sizes" in found.reasons[0]


@pytest.mark.parametrize(
    "steps",
    [
        [(float(at), ftp(530)) for at in range(9)],
        [(at * 100.0, ftp(530)) for at in range(50)],
        [(float(at), ftp(230)) for at in range(50)],
        [(float(at), ftp(331)) for at in range(50)],
    ],
    ids=["few", "an old password in a timer", "good logins", "asked for a password"],
)
def test_what_is_harmless_is_left_alone(steps: list[Any]) -> None:
    assert seen(Logins(), steps, port=21) == []


def test_http_refuses_credentials_that_were_sent() -> None:
    tries = [(at / 10, one) for at in range(12) for one in http(401)]
    (found,) = seen(Logins(), tries, port=80)
    assert found.count == 10
    (_, then) = seen(Logins(), [*tries, *((9.0, one) for one in http(200))], port=80)
    assert then.severity == "high"
    asked_for = [(at / 10, one) for at in range(50) for one in http(401, sent=False)]
    assert seen(Logins(), asked_for, port=80) == []

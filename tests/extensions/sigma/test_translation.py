"""The head of a rule, and the rows that prove it."""

from __future__ import annotations

import pytest

from procwire.extensions.sigma.reason import SigmaError
from procwire.extensions.sigma.translation import document, ident_of, meant, proofs
from tests.detect.test_rule import TABLES
from tests.extensions.sigma.sigma import rule


def test_a_head_keeps_its_author_and_techniques() -> None:
    made = document(rule({}, falsepositives=["Administrators"], references=["https://x"]), "some-rule")
    assert (made["severity"], made["attack"], made["author"]) == ("high", ["T1059.004"], "Somebody")
    assert made["origin"].startswith("sigma 00000000-")
    assert "Detection Rule License" in made["origin"]
    assert "May be harmless: Administrators." in made["description"]
    assert document(rule({}, status="deprecated"), "x")["state"] == "disabled"
    with pytest.raises(SigmaError, match="no title"):
        document(rule({}, title=""), "x")
    assert ident_of({}, "Proc_Creation Lnx.X") == "proc_creation-lnx.x"


def test_rows_are_tried() -> None:
    selection = {"Image|endswith": ["/curl", "/wget"], "CommandLine|contains|all": [" -o", "/tmp"]}
    made = proofs(meant(rule({"selection": selection}), TABLES), TABLES)
    assert made["fires"][0]["exe"] == "/curl"
    assert " -o" in str(made["fires"][0]["cmdline"])
    assert made["silent"] == [{}]
    never = {"selection": {"Image": "a"}, "other": {"Image": "a"}, "condition": "selection and not other"}
    with pytest.raises(SigmaError, match="no row was found"):
        proofs(meant(rule(never), TABLES), TABLES)
    with pytest.raises(SigmaError, match="no log source"):
        meant({"detection": {}}, TABLES)

"""What the protocols declare, as rows: names, ports, records, limits, risks."""

from __future__ import annotations

import msgspec

from procwire.dpi._also_names import ALSO
from procwire.dpi.registry import registry
from procwire.model.risks import RISKS, Risk
from procwire.model.rows import Explanation, ProtocolRow


def protocols() -> list[ProtocolRow]:
    """Every registered protocol."""
    return [
        ProtocolRow(
            name=info.name,
            doc=" ".join((info.summary, info.recognised)).strip(),
            transports=info.transports,
            ports=info.ports,
            tables=info.tables,
        )
        for info in registry().protocols()
    ]


def meant(word: str) -> str:
    """The protocol that somebody means: by its name, a table's, or what else it is called; empty for none."""
    word = word.lower()
    known = registry().by_name
    if word in known:
        return word
    told = [info.name for info in registry().protocols() if word in info.tables]
    return told[0] if told else ALSO.get(word, "")


def explain(word: str) -> Explanation:
    """Everything that the module of a protocol declares, by any of its names. Raises KeyError, in words."""
    name = meant(word)
    if not name:
        from difflib import get_close_matches  # for what is wrong alone

        like = get_close_matches(word.lower(), [*registry().by_name, *ALSO], n=3)
        hint = f"did you mean {' or '.join(like)}? " if like else ""
        raise KeyError(f"no protocol is called {word!r}; {hint}`procwire protocols` lists them all")
    info = {info.name: info for info in registry().protocols()}[name]
    module = registry().by_name[name].module
    limits = {
        key: value for key, value in vars(module).items() if key.startswith("MAX_") and type(value) is int
    }
    return Explanation(
        name=name,
        summary=info.summary,
        recognised=info.recognised,
        transports=info.transports,
        ports=info.ports,
        sets=tuple(dict.fromkeys(column for kind in module.OBSERVATIONS for column in kind.SETS)),
        risks=tuple(dict.fromkeys(risk for kind in module.OBSERVATIONS for risk in kind.RISKS.values())),
        limits=limits,
        tables={
            table.name: {column.name: column.doc for column in table}
            for table in registry().tables()
            if table.name in info.tables
        },
    )


def risks() -> list[Risk]:
    """Every name of a risk, with the protocols whose records state it."""
    found: dict[str, list[str]] = {}
    for module in registry().modules:
        for name in {name for kind in module.OBSERVATIONS for name in kind.RISKS.values()}:
            found.setdefault(name, []).append(module.NAME)
    return [msgspec.structs.replace(risk, protocols=tuple(found.get(risk.name, ()))) for risk in RISKS]

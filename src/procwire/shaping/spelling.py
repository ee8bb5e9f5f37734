"""One effect as words, and words as one effect. Pure.

``effect(words_of(x)) == x`` for every effect. Raises InvalidError naming the word; correlated loss is
refused with what it would really lose and what to say instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from procwire.shaping import quantities as q
from procwire.shaping.correlation import MOST_CORRELATION, effective_share
from procwire.shaping.failure import InvalidError
from procwire.shaping.impairment import DISTRIBUTIONS, Delay, Effect, Rate, Reorder, Slot
from procwire.shaping.loss import FourState, GilbertElliott, Loss, LossModel

Value = str | int | float | bool
Words = Mapping[str, Value]
T = TypeVar("T")

CHAINS = {
    "gilbert-elliott": (GilbertElliott, {"enter", "leave", "bad", "good"}, {"enter", "leave"}),
    "four-state": (FourState, {"p13", "p31", "p32", "p23", "p14"}, {"p13", "p31"}),
}


def effect(words: Words, *, ways: int = 1, first: bool = True) -> Effect:
    """One direction's effect; a round trip is shared out among ``ways``, an odd ns to the ``first``."""
    delay, latency = _delay(words, ways, first=first)
    return _make(
        {"latency": latency},
        lambda: Effect(
            delay=delay,
            loss=_loss(words),
            duplicate=_share(words, "duplicate") or 0.0,
            reorder=_reorder(words),
            corrupt=_share(words, "corrupt") or 0.0,
            rate=_rate(words),
            queue_packets=_number(words, "queue"),
            ecn=_flag(words, "ecn"),
            slot=_slot(words),
        ),
    )


def words_of(effect: Effect) -> dict[str, Value]:
    """The words that make the same effect again."""
    told = _tell_delay(effect.delay) | _tell_loss(effect.loss) | _tell_rate(effect.rate)
    for name in ("duplicate", "corrupt"):
        if getattr(effect, name):
            told[name] = q.show_share(getattr(effect, name))
    if effect.reorder is not None:
        told["reorder"] = q.show_share(effect.reorder.share) + _counts(gap=effect.reorder.gap)
    if effect.queue_packets is not None:
        told["queue"] = effect.queue_packets
    if effect.ecn:
        told["ecn"] = True
    if effect.slot is not None:
        slot = effect.slot
        spans = f"{q.show_span(slot.shortest_ns)}-{q.show_span(slot.longest_ns)}"
        told["slot"] = spans + _counts(packets=slot.packets, bytes=slot.size_bytes)
    return told


def _make(named: Mapping[str, str], make: Callable[[], T]) -> T:
    """Make it; a field that is at fault is told by its word."""
    try:
        return make()
    except InvalidError as wrong:
        raise InvalidError(named.get(wrong.field, wrong.field), wrong.reason) from None


def _delay(words: Words, ways: int, *, first: bool) -> tuple[Delay | None, str]:
    """And the word that its latency was given by."""
    if "delay" in words and "rtt" in words:
        raise InvalidError("rtt", "and delay are two ways to say one thing: give one of them")
    name = "rtt" if "rtt" in words else "delay"
    given = _text(words, name)
    rest = sorted({"jitter", "distribution", "jitter-correlation", "keep-order"} & set(words))
    if given is None:
        if rest:
            raise InvalidError(rest[0], "needs a delay to vary (--delay or --rtt)")
        return None, name
    whole = q.span(given, name)
    latency = whole // ways + (whole % ways if first else 0) if name == "rtt" else whole
    jitter = _text(words, "jitter")
    spread = _text(words, "distribution") or "uniform"
    distribution = next((known for known in DISTRIBUTIONS if known == spread), None)
    if distribution is None:
        raise InvalidError("distribution", f"must be one of {', '.join(DISTRIBUTIONS)}, not {spread[:40]!r}")
    fields = {"latency": name, "correlation": "jitter-correlation"}
    return _make(
        fields,
        lambda: Delay(
            latency_ns=latency,
            jitter_ns=0 if jitter is None else q.span(jitter, "jitter"),
            distribution=distribution,
            correlation=_share(words, "jitter-correlation") or 0.0,
            keep_order=_flag(words, "keep-order"),
        ),
    ), name


def _loss(words: Words) -> LossModel | None:
    model = _text(words, "loss-model")
    if model is not None:
        if "loss" in words or "burst" in words:
            raise InvalidError("loss-model", "says all of the loss: give it without loss and burst")
        return _chain(model)
    text = _text(words, "loss")
    if text is None:
        if "burst" in words:
            raise InvalidError("burst", "needs a loss")
        return None
    parts = text.split()
    share = q.share(parts[0] if parts else "", "loss")
    if len(parts) == 2:
        _refuse_correlated(share, q.share(parts[1], "loss"))
    if len(parts) != 1:
        raise InvalidError("loss", f"{text[:60]!r} is not a share in percent, such as 3%")
    burst = _text(words, "burst")
    mean = None if burst is None else _decimal(burst, "burst")
    return _make({"share": "loss"}, lambda: Loss(share, mean))


def _refuse_correlated(share: float, correlation: float) -> None:
    if not 0.0 <= share <= 1.0 or not 0.0 < correlation <= MOST_CORRELATION:
        raise InvalidError(
            "loss", f"is one share; a correlation is at most {MOST_CORRELATION:.0%}, and misleads"
        )
    real = effective_share(share, correlation)
    raise InvalidError(
        "loss",
        f"correlated loss is not what it says: {q.show_share(share)} with {q.show_share(correlation)} loses "
        f"{real:.2%}; for bursts say loss {q.show_share(share)} and burst 4",
    )


def _chain(text: str) -> LossModel:
    name, _, rest = text.partition(" ")
    if name not in CHAINS:
        raise InvalidError("loss-model", f"{name[:40]!r} is not one of {', '.join(CHAINS)}")
    model, known, needed = CHAINS[name]
    given = _pairs(rest, "loss-model", known)
    lacking = sorted(needed - set(given))
    if lacking:
        raise InvalidError("loss-model", f"{name} needs {', '.join(lacking)}")
    shares = {key: q.share(value, f"loss-model.{key}") for key, value in given.items()}
    try:
        made: LossModel = model(**shares)
        return made
    except InvalidError as wrong:
        raise wrong.within("loss-model") from None


def _reorder(words: Words) -> Reorder | None:
    text = _text(words, "reorder")
    if text is None:
        return None
    share, _, rest = text.partition(" ")
    gap = _pairs(rest, "reorder", {"gap"}).get("gap", "0")
    return _make(
        {"share": "reorder"},
        lambda: Reorder(share=q.share(share, "reorder"), gap=q.count(gap, "reorder.gap")),
    )


def _rate(words: Words) -> Rate | None:
    text = _text(words, "rate")
    if text is None:
        rest = sorted({"bucket", "overhead", "cells"} & set(words))
        if rest:
            raise InvalidError(rest[0], "needs a rate")
        return None
    bucket, overhead = _text(words, "bucket"), _text(words, "overhead") or "0"
    cells, _, header = (_text(words, "cells") or "0").partition("+")
    return _make(
        {"bits": "rate", "burst": "bucket", "cell_bytes": "cells", "cell_overhead": "cells"},
        lambda: Rate(
            bits=q.rate(text, "rate"),
            burst_bytes=None if bucket is None else q.size(bucket, "bucket"),
            overhead=_signed(overhead, "overhead"),
            cell_bytes=q.size(cells, "cells"),
            cell_overhead=_signed(header or "0", "cells"),
        ),
    )


def _slot(words: Words) -> Slot | None:
    text = _text(words, "slot")
    if text is None:
        return None
    spans, _, rest = text.partition(" ")
    first, _, last = spans.partition("-")
    given = _pairs(rest, "slot", {"packets", "bytes"})
    shortest = q.span(first, "slot")
    return _make(
        {"shortest": "slot", "longest": "slot", "packets": "slot", "size": "slot"},
        lambda: Slot(
            shortest_ns=shortest,
            longest_ns=q.span(last, "slot") if last else shortest,
            packets=q.count(given.get("packets", "0"), "slot.packets"),
            size_bytes=q.size(given.get("bytes", "0"), "slot.bytes"),
        ),
    )


def _tell_delay(delay: Delay | None) -> dict[str, Value]:
    if delay is None:
        return {}
    told: dict[str, Value] = {"delay": q.show_span(delay.latency_ns)}
    if delay.jitter_ns:
        told["jitter"] = q.show_span(delay.jitter_ns)
    if delay.distribution != "uniform":
        told["distribution"] = delay.distribution
    if delay.correlation:
        told["jitter-correlation"] = q.show_share(delay.correlation)
    if delay.keep_order:
        told["keep-order"] = True
    return told


def _tell_loss(loss: LossModel | None) -> dict[str, Value]:
    if loss is None:
        return {}
    if isinstance(loss, Loss):
        burst: dict[str, Value] = {} if loss.burst is None else {"burst": loss.burst}
        return {"loss": q.show_share(loss.share), **burst}
    name = "gilbert-elliott" if isinstance(loss, GilbertElliott) else "four-state"
    shares = (f"{key}={q.show_share(getattr(loss, key))}" for key in type(loss).__slots__)
    return {"loss-model": " ".join((name, *shares))}


def _tell_rate(rate: Rate | None) -> dict[str, Value]:
    if rate is None:
        return {}
    told: dict[str, Value] = {"rate": q.show_rate(rate.bits)}
    if rate.burst_bytes is not None:
        told["bucket"] = rate.burst_bytes
    if rate.overhead:
        told["overhead"] = rate.overhead
    if rate.cell_bytes:
        told["cells"] = f"{rate.cell_bytes}+{rate.cell_overhead}"
    return told


def _counts(**values: int) -> str:
    return "".join(f" {name}={value}" for name, value in values.items() if value)


def _pairs(text: str, field: str, known: set[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals or name not in known or name in found:
            raise InvalidError(
                field, f"{word[:40]!r} is not one of {', '.join(f'{each}=...' for each in sorted(known))}"
            )
        found[name] = value
    return found


def _text(words: Words, name: str) -> str | None:
    value = words.get(name)
    return None if value is None or value is False else str(value)


def _share(words: Words, name: str) -> float | None:
    text = _text(words, name)
    return None if text is None else q.share(text, name)


def _number(words: Words, name: str) -> int | None:
    text = _text(words, name)
    return None if text is None else q.count(text, name)


def _decimal(text: str, field: str) -> float:
    try:
        return float(text[: q.MAX_DIGITS])
    except ValueError:
        raise InvalidError(field, f"{text[:40]!r} is not a number of packets") from None


def _signed(text: str, field: str) -> int:
    size = q.size(text.removeprefix("-"), field)
    return -size if text.startswith("-") else size


def _flag(words: Words, name: str) -> bool:
    value = words.get(name, False)
    if not isinstance(value, bool) and str(value) not in ("yes", "no", "true", "false"):
        raise InvalidError(name, f"is yes or no, not {str(value)[:40]!r}")
    return value if isinstance(value, bool) else str(value) in ("yes", "true")

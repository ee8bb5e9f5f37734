"""How right the detectors are, and what they cost: precision and recall over made traffic, seconds an event.

Each line sees ``--cases`` cases of what its detector must find and as many of what it must not, drawn with a
seed (``bench.cases``): other sizes, paces, jitters, answers. A case counts as found when the detector says
what the line is of; of the harmless, whatever it says is false. Then all detectors together see what is
harmless. The traffic is made: the figures say how the thresholds sit, not how a network is.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator

from tests.detect.made import START

from bench.cases import CASES, HARMLESS, POLICY, Event
from procwire.detect.contract import SECOND, Detector
from procwire.detect.drift import Drift
from procwire.detect.registry import DETECTORS, Detection
from procwire.egress.policy import described
from procwire.egress.verdict import Judge
from procwire.model.finding import Finding
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow


def heard(detector: Detector, events: Iterator[Event], says: str = "") -> bool:
    """Whether a detector says anything, or this."""
    found: list[Finding] = []
    now = START
    if isinstance(detector, Drift):
        detector.judge = Judge(described(POLICY))
    for at, one, observation in events:
        now = max(now, START + round(at * SECOND))
        found += detector.opened(FlowRow(one), now)
        if observation is not None:
            found += detector.observed(ObservationRow(one, observation), now)
        found += detector.ended(FlowRow(one), now)
    found += detector.finish(now + SECOND)
    return any(says in finding.detail for finding in found)


def main() -> None:
    """Print a line for each kind of thing, then the cost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=100, help="of each kind (default 100)")
    options.add_argument("--seed", type=int, default=1)
    asked = options.parse_args()
    made = {detector.NAME: detector for detector in DETECTORS}
    print(f"{'what':26} {'detector':15} {'recall':>7} {'precision':>9}   missed  false")
    for name, (of, says, bad, good) in CASES.items():
        draw = random.Random(f"{asked.seed} {name}")
        hits = sum(heard(made[of](), bad(draw), says) for _ in range(asked.cases))
        false = sum(heard(made[of](), good(draw)) for _ in range(asked.cases))
        precision = hits / (hits + false) if hits + false else 0.0
        recall = hits / asked.cases
        print(f"{name:26} {of:15} {recall:7.2f} {precision:9.2f}   {asked.cases - hits:6} {false:6}")
    without = sorted(set(made) - {of for of, *_ in CASES.values()})
    print(f"detectors without a case: {', '.join(without) or 'none'}")
    harmless(asked.seed, asked.cases)
    cost(asked.seed)


def harmless(seed: int, cases: int) -> None:
    """All detectors over what is harmless: how many cases each said anything of."""
    print(f"\n{'harmless':15} {'cases':>7} {'quiet':>9}   what was said")
    for name, case in HARMLESS.items():
        draw = random.Random(f"{seed} {name}")
        said = Counter(word for _ in range(cases) for word in words(case(draw)))
        quiet = 1 - max(said.values(), default=0) / cases
        told = ", ".join(f"{word} {count}" for word, count in said.items())
        print(f"{name:15} {cases:7} {quiet:9.2f}   {told}".rstrip())


def words(events: Iterator[Event]) -> set[str]:
    """The detectors that say anything, of all of them together."""
    found: list[Finding] = []
    detection, now = Detection(found.append), START
    for at, one, observation in events:
        now = max(now, START + round(at * SECOND))
        detection.opened(FlowRow(one), now)
        if observation is not None:
            detection.observed(ObservationRow(one, observation), now)
        detection.ended(FlowRow(one), now)
    detection.finish(now + SECOND)
    return {one.detector for one in found}


def cost(seed: int) -> None:
    """All detectors over a mix, beside the same loop without them."""
    draw = random.Random(seed)
    events = [
        event
        for _ in range(40)
        for *_, bad, good in CASES.values()
        for case in (bad, good)
        for event in case(draw)
    ]
    seconds = []
    for names in ([made.NAME for made in DETECTORS], ["rogue-dhcp"]):
        detection = Detection(lambda _: None, names=names)
        begun = time.process_time()
        for at, one, observation in events:
            now = START + round(at * SECOND)
            detection.opened(FlowRow(one), now)
            if observation is not None:
                detection.observed(ObservationRow(one, observation), now)
            detection.ended(FlowRow(one), now)
        seconds.append(time.process_time() - begun)
    each = [1e6 * spent / len(events) for spent in seconds]
    print(
        f"{len(events):,} flows: {each[0]:.1f} us each with all detectors, {each[1]:.1f} with one that waits"
    )


if __name__ == "__main__":
    main()

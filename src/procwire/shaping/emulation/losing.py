"""Which packets are lost: each for itself, leaning on the last, or by a Markov chain. Pure.

The chains draw in the order of ``net/sched/sch_netem.c`` (Linux 6.18): ``loss_gilb_ell`` moves first and then
loses by the state it was in; ``loss_4state`` moves and loses by the state it reaches. They begin in a state
drawn from their own long run, so that a flow of ten packets meets the loss that was asked for, too.
"""

from __future__ import annotations

from collections.abc import Callable

from procwire.shaping.emulation.dice import Dice, Leaning
from procwire.shaping.loss import FourState, GilbertElliott, Loss, LossModel

Losing = Callable[[], bool]


def never() -> bool:
    """No packet is lost."""
    return False


def losing(model: LossModel | None, dice: Dice, correlation: float = 0.0) -> Losing:
    """What answers, for each packet in turn, whether it is lost."""
    if isinstance(model, Loss):
        chain = model.chain()
        if chain is None:
            return _each(model.share, Leaning(dice, correlation))
        model = chain
    if isinstance(model, GilbertElliott):
        return Gilbert(model, dice)
    if isinstance(model, FourState):
        return Four(model, dice)
    return never


def _each(share: float, leaning: Leaning) -> Losing:
    if share <= 0.0:
        return never
    return lambda: leaning.hits(share)


class Gilbert:
    """Two states, each with its own loss."""

    __slots__ = ("_dice", "_model", "bad")

    def __init__(self, model: GilbertElliott, dice: Dice) -> None:
        self._model = model
        self._dice = dice
        self.bad = dice.share() < model.enter / (model.enter + model.leave)

    def __call__(self) -> bool:
        """Whether this packet is lost."""
        share, model = self._dice.share, self._model
        if self.bad:
            self.bad = share() >= model.leave
            return share() < model.bad
        self.bad = share() < model.enter
        return share() < model.good


class Four:
    """1 received, 2 received within a burst, 3 lost within a burst, 4 lost alone."""

    __slots__ = ("_dice", "_model", "state")

    def __init__(self, model: FourState, dice: Dice) -> None:
        self._model = model
        self._dice = dice
        burst = model.p13 / model.p31 if model.p13 else 0.0
        gap = burst * model.p32 / model.p23 if model.p32 else 0.0
        at = dice.share() * (1.0 + gap + burst + model.p14)
        self.state = 1 if at < 1.0 else 2 if at < 1.0 + gap else 3 if at < 1.0 + gap + burst else 4

    def __call__(self) -> bool:
        """Whether this packet is lost."""
        at, model = self._dice.share(), self._model
        if self.state == 1:
            self.state = 4 if at < model.p14 else 3 if at < model.p14 + model.p13 else 1
        elif self.state == 2:
            self.state = 3 if at < model.p23 else 2
        elif self.state == 3:
            self.state = 2 if at < model.p32 else 1 if at < model.p32 + model.p31 else 3
        else:
            self.state = 1
        return self.state > 2

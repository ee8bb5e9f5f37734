"""Random numbers that come again: one stream for each seed, direction, flow and purpose. Pure.

SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014). Not for secrets.
Two streams never share a number that matters: what one flow meets does not depend on how many packets others
send.
"""

from __future__ import annotations

from hashlib import blake2b
from math import cos, erfc, log, pi, sin, sqrt

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_TO_SHARE = 1.0 / (1 << 53)
_ROOT_2 = sqrt(2.0)


def seed_of(seed: int, *names: str | bytes) -> int:
    """The seed of one stream among those that ``seed`` has, by its names."""
    state = blake2b((seed & _MASK).to_bytes(8, "big"), digest_size=8)
    for name in names:
        word = name.encode() if isinstance(name, str) else name
        state.update(len(word).to_bytes(4, "big") + word)
    return int.from_bytes(state.digest(), "big")


class Dice:
    """One stream."""

    __slots__ = ("_spare", "_state")

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK
        self._spare: float | None = None

    def word(self) -> int:
        """64 bits."""
        self._state = z = self._state + _STEP & _MASK
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
        return z ^ z >> 31

    def share(self) -> float:
        """Uniform, 0 included and 1 not."""
        return (self.word() >> 11) * _TO_SHARE

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound`` - 1; the bias is below 2**-40 for any bound used here."""
        return self.word() * bound >> 64

    def normal(self) -> float:
        """Mean 0, standard deviation 1 (Box and Muller, two at a time)."""
        if self._spare is not None:
            kept, self._spare = self._spare, None
            return kept
        radius = sqrt(-2.0 * log(1.0 - self.share()))
        angle = 2.0 * pi * self.share()
        self._spare = radius * sin(angle)
        return radius * cos(angle)

    def exponential(self, mean: float) -> float:
        """How long until something that happens on average every ``mean``."""
        return -mean * log(1.0 - self.share())


class Leaning:
    """Numbers of which each leans on the one before, and which are distributed as if it did not.

    netem mixes a uniform number with the last one, and the mixture is no longer uniform: asked for 8 % with
    25 % correlation it loses 0.96 %. Here the correlated thing is a normal variable, whose mixture stays
    normal when the weights are ``c`` and sqrt(1 - c*c); turned into a share by its own distribution it is
    exactly uniform.
    """

    __slots__ = ("_dice", "_fresh", "_last", "correlation")

    def __init__(self, dice: Dice, correlation: float = 0.0) -> None:
        self._dice = dice
        self.correlation = correlation
        self._fresh = sqrt(1.0 - correlation * correlation)
        self._last = dice.normal() if correlation else 0.0

    def normal(self) -> float:
        """Mean 0, standard deviation 1."""
        if not self.correlation:
            return self._dice.normal()
        self._last = self.correlation * self._last + self._fresh * self._dice.normal()
        return self._last

    def share(self) -> float:
        """Uniform between 0 and 1."""
        if not self.correlation:
            return self._dice.share()
        return 0.5 * erfc(-self.normal() / _ROOT_2)

    def hits(self, chance: float) -> bool:
        """Whether something of this chance happens; nothing is drawn for what never does."""
        return chance > 0.0 and (self.share() < chance or chance >= 1.0)

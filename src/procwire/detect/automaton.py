# cython: language_level=3
"""Many texts looked for in one pass over a value (Aho and Corasick, 1975).

Steps that had to be worked out are remembered, at most MAX_REMEMBERED of them, so that hostile values cannot
make the automaton grow. Texts and values are compared as they are: fold both before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

MAX_REMEMBERED = 200_000  # worked-out steps


class Automaton:
    """``texts``: each with the numbers that are found where it stands in a value."""

    def __init__(self, texts: Mapping[str, Iterable[int]]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._fail: list[int] = [0]
        self._found: list[frozenset[int]] = [frozenset()]
        self._letters: frozenset[str] = frozenset(letter for text in texts for letter in text)
        self._room = MAX_REMEMBERED
        for text, numbers in texts.items():
            self._add(text, frozenset(numbers))
        self._link()

    def search(self, value: str, found: set[int]) -> None:
        """Add the numbers of every text that stands in the value."""
        nexts, known = self._next, self._found
        state = 0
        for letter in value:
            step = nexts[state].get(letter, -1)
            state = step if step >= 0 else self._step(state, letter)
            if known[state]:
                found.update(known[state])

    def _add(self, text: str, numbers: frozenset[int]) -> None:
        state = 0
        for letter in text:
            step = self._next[state].get(letter)
            if step is None:
                step = self._next[state][letter] = len(self._next)
                self._next.append({})
                self._fail.append(0)
                self._found.append(frozenset())
            state = step
        self._found[state] |= numbers

    def _link(self) -> None:
        """Where each state goes on when no text does, nearest to the root first."""
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            for letter, step in self._next[state].items():
                waiting.append(step)
                above = self._fail[state]
                while above and letter not in self._next[above]:
                    above = self._fail[above]
                self._fail[step] = self._next[above].get(letter, 0)
                self._found[step] |= self._found[self._fail[step]]

    def _step(self, state: int, letter: str) -> int:
        if letter not in self._letters:
            return 0
        above = state
        while above and letter not in self._next[above]:
            above = self._fail[above]
        step = self._next[above].get(letter, 0)
        if self._room > 0:
            self._room -= 1
            self._next[state][letter] = step
        return step

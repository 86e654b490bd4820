"""Tokens drawn but not yet part of the text, because they may still become a banned string: then they are taken back
to where it begins, and drawn again without the token that led there. So nothing that is shown is ever taken back.

How often a place is drawn, and with which random numbers, follows from the text before it alone: the same seed gives
the same text. Knows no network.
"""

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from charrnn_engine.generation.reading import Base
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import Float64
from charrnn_engine.sampling.random_numbers import RandomNumbers
from charrnn_engine.sampling.rules import Follower

_ATTEMPTS_AT_MOST = 32  # at one place; then only the last token of a banned string is masked
_APART = 1 << 40  # the random numbers of one attempt begin so far behind those of the one before


class Drafts:
    """`draw(controls, addend, u)` draws a token and appends it to `ids`; `go_back(length, base)` goes back to the
    first tokens of the text, with `base` as a state not far before; `state()` is the present one.
    """

    def __init__(
        self,
        ids: "array[int]",
        draw: Callable[[Controls, Float64, float], Any],
        go_back: Callable[[int, Base | None], None],
        state: Callable[[], Array],
        seed: int,
    ) -> None:
        self._ids, self._draw, self._go_back, self._state = ids, draw, go_back, state
        self._numbers = RandomNumbers(seed)
        self.clear()

    def clear(self) -> None:
        """Forgets what has been drawn."""
        self._tokens: list[Any] = []
        self._decided = 0  # tokens that can't become a banned string any more
        self._excluded: dict[int, set[int]] = {}
        self._strict = range(0)  # places where the last token of a banned string is masked
        self._found_at = 0  # behind the banned string that was found last
        self.base: Base | None = None

    def __len__(self) -> int:
        return len(self._tokens)

    def next(self, controls: Controls, follower: Follower, position: int) -> Any:
        """The next token of the text, whose length is `position`, and of `ids`. The follower runs ahead of it."""
        self._ids.extend(token.id for token in self._tokens)
        try:
            while not self._decided:
                self._extend(controls, follower, position)
        except BaseException:
            self._go_back(position, self.base)
            self.clear()
            raise
        token = self._tokens.pop(0)
        self._decided -= 1
        self._excluded.pop(position, None)
        if self._tokens:
            del self._ids[-len(self._tokens) :]
        else:
            self.base = None
        return token

    def _extend(self, controls: Controls, follower: Follower, position: int) -> None:
        at = position + len(self._tokens)
        token = self._draw(controls, *self._chances(at, follower))
        self._tokens.append(token)
        if self.base is None:
            self.base = at, self._state()  # drawing a token doesn't change the state
        follower.append(token.id)
        rules, state = follower.rules, follower.state
        if found := rules.found(state):
            begins = len(self._tokens) - self._count(found)
            self._take_back(position + begins, self._tokens[begins].id, at + 1)
            del self._tokens[begins:]
            self._go_back(position + begins, self.base)
        else:
            self._decided = len(self._tokens) - self._count(rules.begun(state))

    def _chances(self, at: int, follower: Follower) -> tuple[Float64, float]:
        """What is added to the logits at a place, and the random number to draw with."""
        excluded = self._excluded.get(at, set())
        addend = follower.addend(at in self._strict)
        if excluded:
            addend = addend.copy()
            addend[list(excluded)] = -np.inf
            if len(excluded) > _ATTEMPTS_AT_MOST or not (addend > -np.inf).any():
                self._strict = range(at, max(self._found_at, self._strict.stop))
                del self._excluded[at]
                return follower.addend(True), self._numbers[at]
        return addend, self._numbers[at + len(excluded) * _APART]

    def _take_back(self, begins: int, led_there: int, found_at: int) -> None:
        for place in [place for place in self._excluded if place > begins]:
            del self._excluded[place]
        self._excluded.setdefault(begins, set()).add(led_there)
        self._found_at = found_at
        if begins < self._strict.start:
            self._strict = range(0)

    def _count(self, characters: int) -> int:
        """How many of the last tokens have so many characters."""
        count = 0
        while characters > 0 and count < len(self._tokens):
            count += 1
            characters -= len(self._tokens[-count].text)
        return count

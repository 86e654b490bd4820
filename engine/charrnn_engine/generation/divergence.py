"""Where two texts of a race diverge. Compares ids and vocabularies, and draws nothing."""

from array import array
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.network.model import CharRNN


class Compared(Protocol):
    """What is compared of a lane. `opening` holds the first ids drawn."""

    model: CharRNN
    prompt: str
    opening: "array[int]"


class Pair:
    """Two neighbouring lanes, and how far they have been compared."""

    def __init__(self, left: Compared, right: Compared) -> None:
        self._left, self._right = left, right
        self._compared = 0
        self._diverged_at = None if left.prompt == right.prompt else 0
        self._table = _translation(right.model, left.model)

    def divergence(self) -> int | None:
        """The position of the first different token; None while the texts agree."""
        ends = min(len(self._left.opening), len(self._right.opening))
        if self._diverged_at is None and ends > self._compared:
            left, right = (np.array(lane.opening[self._compared : ends]) for lane in (self._left, self._right))
            different = np.flatnonzero(left != (right if self._table is None else self._table[right]))
            if different.size:
                self._diverged_at = self._compared + int(different[0])
            self._compared = ends
        return self._diverged_at


def _translation(source: CharRNN, target: CharRNN) -> NDArray[np.intp] | None:
    """For each id of one model the id of the same token in the other, or -1; None if the ids are the same."""
    one, other = source.vocabulary, target.vocabulary
    if one.tokens == other.tokens and one.eos == other.eos:
        return None
    table = np.array([other.ids.get(token, -1) for token in one.tokens], np.intp)
    if one.eos is not None and other.eos is not None:
        table[one.eos] = other.eos
    return table

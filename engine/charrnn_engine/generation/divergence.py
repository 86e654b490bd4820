"""Where two texts of a race part. Knows their tokens and vocabularies, and draws nothing."""

from array import array
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.network.model import CharRNN


class Opened(Protocol):
    """A lane, as far as it is compared. `opening` holds the first ids drawn."""

    model: CharRNN
    prompt: str
    opening: "array[int]"


class Pair:
    """Two neighbours and how far they have been compared."""

    def __init__(self, left: Opened, right: Opened) -> None:
        self._left, self._right = left, right
        self._compared = 0
        self._parts = None if left.prompt == right.prompt else 0
        self._table = _translation(right.model, left.model)

    def look(self) -> int | None:
        ends = min(len(self._left.opening), len(self._right.opening))
        if self._parts is None and ends > self._compared:
            left, right = (np.array(lane.opening[self._compared : ends]) for lane in (self._left, self._right))
            different = np.flatnonzero(left != (right if self._table is None else self._table[right]))
            if different.size:
                self._parts = self._compared + int(different[0])
            self._compared = ends
        return self._parts


def _translation(source: CharRNN, target: CharRNN) -> NDArray[np.intp] | None:
    """For each id of one model the id of the same text in the other, or -1; None where they are the same."""
    one, other = source.vocabulary, target.vocabulary
    if one.tokens == other.tokens and one.eos == other.eos:
        return None
    table = np.array([other.ids.get(token, -1) for token in one.tokens], np.intp)
    if one.eos is not None and other.eos is not None:
        table[one.eos] = other.eos
    return table

"""The random numbers of a seed. Knows nothing of what is drawn with them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import ControlsError

_BLOCK = 256  # random numbers made at a time


class Draws:
    """The random numbers of a seed: `draws[i]` in [0, 1) belongs to position i, however it is reached.

    Philox 4x64 (Salmon et al. 2011) counts, so any position is had without those before it, which is what makes
    rewinding and branching exact. Raises ControlsError for a seed that is no whole number from 0 up.
    """

    def __init__(self, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ControlsError(f"the seed is {seed!r}; it must be a whole number from 0 up")
        self.seed = int(seed)
        self._sequence = np.random.SeedSequence(self.seed)
        self._block = -2  # none

    def __getitem__(self, position: int) -> float:
        block, place = divmod(position, _BLOCK)
        if block != self._block:
            self._make(block)
        value: float = self._values[place]
        return value

    def numbers(self, start: int, count: int) -> NDArray[np.float64]:
        """Those of `count` positions from `start` on, not to be written to."""
        parts = [self._some(start, count)]
        while (got := sum(map(len, parts))) < count:
            parts.append(self._some(start + got, count - got))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _some(self, start: int, count: int) -> NDArray[np.float64]:
        block, place = divmod(start, _BLOCK)
        if block != self._block:
            self._make(block)
        return self._numbers[place : place + count]

    def _make(self, block: int) -> None:
        if block != self._block + 1:  # the generator stands behind the block that it made last
            self._bits = np.random.Philox(self._sequence).advance(block * (_BLOCK // 4))  # 4 numbers a count
        # 53 bits, as Generator.random does it, but from the raw stream, which numpy promises not to change
        self._numbers = (self._bits.random_raw(_BLOCK) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        # A number is read from a memoryview in two thirds of the time that it takes from an array.
        self._values: Any = self._numbers.data
        self._block = block

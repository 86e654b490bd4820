"""The random numbers of a seed. Knows nothing of how they are used."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import ControlsError, shown

SEED_AT_MOST = 2**63 - 1

_BLOCK = 256  # random numbers made at a time


class RandomNumbers:
    """The random numbers of a seed: `numbers[i]` in [0, 1) belongs to position i, in whatever order they are read.

    Philox 4x64 (Salmon et al. 2011) is a counter, so any position can be read without those before it, which makes
    rewinding and branching exact. Raises ControlsError for a seed that isn't a whole number from 0 to SEED_AT_MOST.
    """

    def __init__(self, seed: int) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed <= SEED_AT_MOST:
            raise ControlsError(f"the seed is {shown(seed)}; it must be a whole number from 0 to {SEED_AT_MOST}")
        self.seed = int(seed)
        self._sequence = np.random.SeedSequence(self.seed)
        self._block = -1  # none yet

    def __getitem__(self, position: int) -> float:
        block, place = divmod(position, _BLOCK)
        if block != self._block:
            self._make(block)
        value: float = self._values[place]
        return value

    def stretch(self, start: int, count: int) -> NDArray[np.float64]:
        """Those of `count` positions from `start` on; read-only."""
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
        if block == 0:
            self._bits = np.random.Philox(self._sequence)
        elif block != self._block + 1:  # the generator stands right behind the block that it made last
            self._bits = np.random.Philox(self._sequence).advance(block * (_BLOCK // 4))  # 4 numbers per count
        # 53 bits, as in Generator.random, but from the raw stream, which numpy promises not to change
        self._numbers = (self._bits.random_raw(_BLOCK) >> np.uint64(11)).astype(np.float64) * 2.0**-53
        # Reading a number from a memoryview takes two thirds of the time of reading it from an array.
        self._values: Any = self._numbers.data
        self._block = block

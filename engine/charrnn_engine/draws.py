"""The random numbers of a seed. Knows nothing of what is drawn with them."""

import numpy as np

from charrnn_engine.errors import ControlsError

_BLOCK = 1024  # random numbers made at a time


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
        self._block = -1
        self._values: list[float] = []

    def __getitem__(self, position: int) -> float:
        block, place = divmod(position, _BLOCK)
        if block != self._block:
            self._make(block)
        return self._values[place]

    def numbers(self, start: int, count: int) -> list[float]:
        """Those of `count` positions from `start` on."""
        numbers: list[float] = []
        while len(numbers) < count:
            block, place = divmod(start + len(numbers), _BLOCK)
            if block != self._block:
                self._make(block)
            numbers += self._values[place : place + count - len(numbers)]
        return numbers

    def _make(self, block: int) -> None:
        bits = np.random.Philox(self._sequence).advance(block * (_BLOCK // 4))  # 4 numbers a count
        # 53 bits, as Generator.random does it, but from the raw stream, which numpy promises not to change
        self._values = ((bits.random_raw(_BLOCK) >> np.uint64(11)) * 2.0**-53).tolist()
        self._block = block

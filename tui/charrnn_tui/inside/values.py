"""What one unit was along a text, and the levels that its values are coloured by. Knows no screen and no clock."""

import math
from array import array
from collections.abc import Generator, Sequence

import numpy as np

from charrnn_engine.generation.generation import Generation
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.inside.activations import WARM_UP
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls
from charrnn_tui.text.colouring import UNKNOWN_MARK, unit_levels

_KEPT = 1_000_000


class UnitValues:
    """The values of the unit at `place` (see `unit_names`), by the position in the text of the token that was drawn
    after it: what the unit is after token 4 stands at 5. NaN where it isn't known.
    """

    def __init__(self, place: int, mean: float = 0.0, deviation: float = 1.0) -> None:
        self.place, self.mean, self.deviation = place, mean, max(deviation, 1e-6)
        self._start = 0
        self._kept = array("f")

    def read(self, generation: Generation, position: int) -> None:
        """Takes the value that the unit has now: after each token, drawn at this position."""
        if position == self._start + len(self._kept):
            self._kept.append(generation.unit(self.place))
        else:
            self.put(position, [generation.unit(self.place)])

    def put(self, position: int, values: Sequence[float]) -> None:
        """Takes values from a position on."""
        end = self._start + len(self._kept)
        self._kept.extend([math.nan] * max(0, position - end))
        skipped = max(0, self._start - position)
        at = position + skipped - self._start
        self._kept[at : at + len(values) - skipped] = array("f", values[skipped:])
        if len(self._kept) > _KEPT + _KEPT // 10:
            self._start += len(self._kept) - _KEPT
            del self._kept[:-_KEPT]

    def fill(self, position: int, values: Sequence[float]) -> None:
        """Takes values from a position on, where there are none yet."""
        known = self.after(position - 1, position - 1 + len(values))
        self.put(position, np.where(np.isnan(known), np.array(values, np.float32), known).tolist())

    def forget_from(self, position: int) -> None:
        """For a text that is another one from a position on."""
        del self._kept[max(0, position - self._start) :]

    def after(self, start: int, end: int) -> Array:
        """(N,): the values after the tokens from `start` to before `end`."""
        values = np.full(end - start, math.nan, np.float32)
        first = max(0, start + 1 - self._start)
        known = self._kept[first : max(first, end + 1 - self._start)]
        at = first + self._start - start - 1
        values[at : at + len(known)] = known
        return values

    def levels(self, start: int, end: int) -> bytes:
        """The level after each of those tokens, 0 to UNIT_LEVELS - 1, or UNKNOWN_MARK."""
        values = self.after(start, end)
        levels = unit_levels(values, self.mean, self.deviation)
        levels[np.isnan(values)] = UNKNOWN_MARK
        return levels.tobytes()


def read_again(
    model: CharRNN, prompt: str | None, tokens: Sequence[tuple[int, Controls]], place: int
) -> Generator[None, None, list[float]]:
    """Returns what a unit was before each token of a text, and after the last one. Yields after each token.

    `prompt` is the one before the tokens; None where they are from the middle of a text, and then the first WARM_UP
    values are only a warm-up. What was held is held.
    """
    generation = Generation(model, default_prompt(model) if prompt is None else prompt, seed=0)
    values: list[float] = []
    for token in tokens:
        generation.resume([token])
        values.append(generation.unit(place))
        yield
    values.append(float(generation.units[place]))
    return values if prompt is not None else [math.nan] * WARM_UP + values[WARM_UP:]

"""Logits -> ids, under the controls: `Sampler` for one text, `RowSampler` for many side by side. Knows no network and
no text.

A draw inverts the cumulative distribution at a random number u, in float64: it takes the first token whose cumulative
probability exceeds u. So the same logits, controls and u give the same token, from either class. Logits that differ
in their last bit do so too, unless u lies that close to the border between two tokens.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError, ControlsError
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import LOG2_E, OVERFLOWED, Float64, filter_weights, inverse_temperature

BELOW_ONE = 1 - 2.0**-52
"""The greatest u that RowSampler takes: times a total, it is below the total also after rounding."""

NOTHING_LEFT = "the rules leave no token that may come next; ban less"

_SAFE_EXPONENT = 600.0  # float64: exp of numbers up to this, and sums of many, are far from 0 and from infinity


class Draw(NamedTuple):
    """A token drawn, its probability after and before the controls, and the entropy before them, in bits."""

    id: int
    probability: float
    model_probability: float
    entropy: float


class Sampler:
    """Draws tokens from logits of one size, in buffers of its own.

    `largest_logit` bounds |logit|: where exp can take such numbers, the logits needn't be made relative to their
    maximum first.
    """

    def __init__(self, size: int, never_drawn: Sequence[int] = (0,), largest_logit: float = math.inf) -> None:
        self._never = tuple(never_drawn)
        self._largest_logit = largest_logit
        # Ones, the logits, and the logits over the temperature; exps of the last two. Lying side by side they take
        # one call of exp, and one of dot for two sums.
        rows, exps = np.ones((3, size)), np.empty((2, size))
        self._ones_and_logits, (_, self._logits, self._tempered) = rows[:2], rows
        self._exponents, self._exps = rows[1:].reshape(-1), exps.reshape(-1)
        self._before, self._weights = exps  # of the model's distribution, and of the one drawn from
        self._cumulated, self._sums = np.empty(size), np.empty(2)
        # Reading a number from a memoryview takes half the time of reading it from an array.
        self._views: list[Any] = [array.data for array in (self._tempered, *exps, self._cumulated, self._sums)]
        # A 0-d array: a ufunc takes twice as long with a Python float.
        self._inverse = np.ones(())
        self._read(Controls())

    def draw(self, logits: NDArray[np.float32], controls: Controls, u: float, addend: Float64 | None = None) -> Draw:
        """Draws one id from logits (V,) with u in [0, 1).

        The rules' `addend` (V,) changes what is drawn, but not the model's probability and entropy. Raises
        CheckpointError where the scores overflowed, and ControlsError where the addend leaves nothing to draw.
        """
        return Draw._make(self.figures(logits, controls, u, addend))

    def figures(
        self, logits: NDArray[np.float32], controls: Controls, u: float, addend: Float64 | None = None
    ) -> tuple[int, float, float, float]:
        """The fields of `draw` as a plain tuple, which is faster."""
        tempered, before, weights, cumulated, sums = self._views
        if controls is not self._controls:
            self._read(controls)
        self._logits[...] = logits
        if self._safe and addend is None:
            np.multiply(self._logits, self._inverse, self._tempered)
            for index in self._never:
                tempered[index] = -math.inf
        else:
            self._relate(addend)
        np.exp(self._exponents, self._exps)
        np.dot(self._ones_and_logits, self._before, self._sums)
        total, weighted = sums
        entropy = (math.log(total) - weighted / total) * LOG2_E
        if not entropy < math.inf:  # also false for NaN, which any infinity among the logits ends in
            raise CheckpointError(OVERFLOWED)
        if controls.greedy:
            chosen = int(self._tempered.argmax())
            return chosen, 1.0, before[chosen] / total, entropy
        if self._filters:
            filter_weights(self._weights, controls)
        np.add.accumulate(self._weights, 0, None, self._cumulated)
        kept = cumulated[-1]
        chosen = bisect_right(cumulated, u * kept)
        if chosen == len(cumulated):  # u * kept was rounded up to kept
            chosen = bisect_left(cumulated, kept)
        return chosen, weights[chosen] / kept, before[chosen] / total, entropy

    def figures_of(
        self, index: int, logits: NDArray[np.float32], controls: Controls, addend: Float64 | None = None
    ) -> tuple[int, float, float, float]:
        """As `figures`, for a given token. Its probability is 0 if the controls rule it out."""
        try:
            drawn, _, _, entropy = self.figures(logits, controls, 0.0, addend)
        except ControlsError:  # the rules allow no token, but this one is given
            return index, 0.0, *self.figures_of(index, logits, controls)[2:]
        model_probability = float(self._before[index] / self._sums[0])
        if controls.greedy:
            return index, float(drawn == index), model_probability, entropy
        return index, float(self._weights[index] / self._cumulated[-1]), model_probability, entropy

    def _read(self, controls: Controls) -> None:
        """Most tokens are drawn under the controls of the one before, so what follows from these is kept."""
        self._controls = controls
        inverse = inverse_temperature(controls)
        self._inverse[()] = inverse
        self._filters = controls.filters
        self._safe = self._largest_logit * max(1.0, inverse) < _SAFE_EXPONENT

    def _relate(self, addend: Float64 | None) -> None:
        """Fills `_tempered`, and makes both rows relative to their maximum: at most 0."""
        logits, tempered = self._logits, self._tempered
        logits -= logits.max()
        tempered[...] = logits
        if addend is not None:
            tempered += addend
        tempered[list(self._never)] = -math.inf
        # Its own maximum: relative to a token that can't be drawn, all others could underflow when it is cold.
        largest = tempered.max()
        if addend is not None and largest == -math.inf:
            raise ControlsError(NOTHING_LEFT)
        tempered -= largest
        tempered *= self._inverse


class RowSampler:
    """Draws a token for each row of a batch; each row has controls of its own, which may be replaced.

    `totals` (B,) are the sums of the weights of the last draw: finite and above 0, unless scores overflowed.
    """

    def __init__(
        self,
        size: int,
        controls: Sequence[Controls],
        never_drawn: Sequence[int] = (0,),
        largest_logit: float = math.inf,
    ) -> None:
        rows = len(controls)
        self._largest_logit, self._never = largest_logit, list(never_drawn)
        self._tempered, self._weights, self._cumulated = np.empty((3, rows, size))
        self._past = np.empty((rows, size), np.bool_)
        self._starts = np.arange(0, rows * size, size)
        self._inverse = np.empty((rows, size))  # equal in all columns: broadcasting takes three times as long
        self._controls: list[Controls] = []
        self.controls = controls
        self.addends: Float64 | None = None
        """What the rules add to the logits (B, V) before the next draw, or None where no row has rules."""
        self.totals: Float64 = self._cumulated[:, -1]

    @property
    def controls(self) -> Sequence[Controls]:
        return self._controls

    @controls.setter
    def controls(self, controls: Sequence[Controls]) -> None:
        if controls == self._controls:
            return
        self._controls = list(controls)
        inverses = np.array([inverse_temperature(each) for each in controls])
        self._inverse[...] = inverses[:, None]
        self._greedy = [row for row, each in enumerate(controls) if each.greedy]
        filtered: dict[Controls, list[int]] = {}
        for row, each in enumerate(controls):
            if each.filters and not each.greedy:
                filtered.setdefault(each, []).append(row)
        self._filtered = list(filtered.items())
        self._safe = self._largest_logit * max(1.0, inverses.max(initial=1.0)) < _SAFE_EXPONENT

    def draw(self, logits: NDArray[np.float32], u: NDArray[np.float64], out: NDArray[np.intp]) -> None:
        """Fills `out` (B,) with an id for each row of logits (B, V), with u (B,) from 0 to BELOW_ONE.

        Overflowed scores go unnoticed here; they make `totals` NaN or infinite.
        """
        tempered, weights, cumulated = self._tempered, self._weights, self._cumulated
        tempered[...] = logits
        if self.addends is not None:
            tempered += self.addends
        if self._safe and self.addends is None:
            tempered *= self._inverse
            for index in self._never:
                tempered[:, index] = -math.inf
        else:
            tempered[:, self._never] = -math.inf
            tempered -= tempered.max(axis=1, keepdims=True)
            tempered *= self._inverse
        np.exp(tempered, weights)
        for controls, rows in self._filtered:
            weights[rows] = _filtered(weights[rows], controls)
        np.add.accumulate(weights, 1, None, cumulated)
        np.greater(cumulated, (u * self.totals)[:, None], self._past)
        self._past.argmax(1, out)
        if self._greedy:
            out[self._greedy] = tempered[self._greedy].argmax(1)

    def probabilities(self, ids: NDArray[np.intp]) -> Float64:
        """The probabilities, after the controls, of the ids (B,) drawn last."""
        probabilities: Float64 = self._weights.take(self._starts + ids) / self.totals
        if self._greedy:
            probabilities[self._greedy] = 1.0
        return probabilities


def _filtered(weights: Float64, controls: Controls) -> Float64:
    filter_weights(weights, controls)
    return weights

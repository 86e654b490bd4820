"""Logits -> id, under the controls. Knows no network and no text."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import (
    COLDEST,
    LOG2_E,
    OVERFLOWED,
    Float64,
    drawn_distribution,
    entropy_bits,
    filter_margin,
    filter_weights,
    model_distribution,
    surprisals_and_entropies,
)
from charrnn_engine.sampling.random_numbers import Draws

__all__ = [
    "Controls",
    "Draw",
    "Draws",
    "Float64",
    "RowSampler",
    "Sampler",
    "drawn_distribution",
    "entropy_bits",
    "model_distribution",
    "surprisals_and_entropies",
]

_EXP_REACHES = 600.0  # exp of what lies within this of 0, and sums of many, are far from 0 and from infinity
_FEW_ROWS = 16
NEAR, NEAR_OF_REACH = 2.5e-5, 4e-7
"""How far a product of matrices moves the log-odds of a cumulated probability at most, by what it rounds otherwise
than one of a vector: 2.1e-5 in 215,000 characters of the models that ship, and half of them by less than 1e-6. Or so
much of how far the logits reach, where that is less: of this it was 2.7e-7 at most, and 1.1e-8 with random weights.
"""
NEAR_LOGITS = 1e-4  # the same for the two greatest logits: on the safe side, since greedy rows are few


class Draw(NamedTuple):
    """A token drawn, its probability after and before the controls, and the entropy before them, in bits."""

    id: int
    probability: float
    model_probability: float
    entropy: float


class Sampler:
    """Draws tokens from logits of one size, into buffers of its own.

    A draw inverts the cumulative distribution at `u`, in float64: the first token whose cumulated probability
    exceeds u. So the same logits, controls and u give the same token wherever they meet, and logits that differ in
    their last bit do, unless u lies that close to the border between two tokens.

    `reach` is how far from 0 the logits can be at most: where exp can do with that, they needn't be made relative
    to the greatest of them first.
    """

    def __init__(self, size: int, never_drawn: Sequence[int] = (0,), reach: float = math.inf) -> None:
        self._never = tuple(never_drawn)
        self._reach = reach
        # Ones, the logits, and the logits over the temperature; exps of the last two: each a call less.
        rows, exps = np.ones((3, size)), np.empty((2, size))
        self._ones_and_logits, (_, self._logits, self._tempered) = rows[:2], rows
        self._exponents, self._exps = rows[1:].reshape(-1), exps.reshape(-1)
        self._thought, self._weights = exps
        self._cumulated, self._sums = np.empty(size), np.empty(2)
        # A number is read from a memoryview in half the time that it takes from an array.
        self._views: list[Any] = [array.data for array in (self._tempered, *exps, self._cumulated, self._sums)]
        # A number in an array of no dimension: a plain one takes a ufunc as long again as all its work.
        self._inverse = np.ones(())
        self._read(Controls())

    def draw(self, logits: NDArray[np.float32], controls: Controls, u: float) -> Draw:
        """Draws one id from logits (V,) with u in [0, 1)."""
        return Draw._make(self.figures(logits, controls, u))

    def figures(self, logits: NDArray[np.float32], controls: Controls, u: float) -> tuple[int, float, float, float]:
        """`draw`, without a Draw made of it."""
        tempered, thought, weights, cumulated, sums = self._views
        if controls is not self._controls:
            self._read(controls)
        self._logits[...] = logits
        if self._plain:
            np.multiply(self._logits, self._inverse, self._tempered)
            for index in self._never:
                tempered[index] = -math.inf
        else:
            self._relate()
        np.exp(self._exponents, self._exps)
        np.dot(self._ones_and_logits, self._thought, self._sums)
        total, weighted = sums
        entropy = (math.log(total) - weighted / total) * LOG2_E
        if not entropy < math.inf:  # also false for NaN, which any infinity among the logits ends in
            raise CheckpointError(OVERFLOWED)
        if controls.greedy:
            chosen = int(self._tempered.argmax())
            return chosen, 1.0, thought[chosen] / total, entropy
        if self._filters:
            filter_weights(self._weights, controls)
        np.add.accumulate(self._weights, 0, None, self._cumulated)
        kept = cumulated[-1]
        chosen = bisect_right(cumulated, u * kept)
        if chosen == len(cumulated):  # u * kept was rounded up to what all weights are together
            chosen = bisect_left(cumulated, kept)
        return chosen, weights[chosen] / kept, thought[chosen] / total, entropy

    def _read(self, controls: Controls) -> None:
        """Most tokens are drawn under the controls of the one before: what follows from them is kept."""
        self._controls = controls
        inverse = inverse_temperature(controls)
        self._inverse[()] = inverse
        self._filters = controls.filters
        self._plain = self._reach * max(1.0, inverse) < _EXP_REACHES

    def _relate(self) -> None:
        """Fills `_tempered`, and makes both rows relative to the greatest in them: at most 0."""
        logits, tempered = self._logits, self._tempered
        logits -= logits.max()
        tempered[...] = logits
        tempered[list(self._never)] = -math.inf
        # On its own: relative to a token that can't be drawn, all others could underflow at a low temperature.
        tempered -= tempered.max()
        tempered *= self._inverse


class RowSampler:
    """As Sampler, for a batch of rows that each have controls of their own."""

    def __init__(self, rows: int, size: int, never_drawn: Sequence[int] = (0,), reach: float = math.inf) -> None:
        self._reach = reach
        exponents, exps = np.empty((2, rows, size)), np.empty((2, rows, size))
        self._exponents, (self._logits, self._tempered) = exponents, exponents
        self._exps, (self._thought, self._weights) = exps, exps
        self._cumulated = np.empty((rows, size))
        self._flat: Any = self._cumulated.reshape(-1).data
        self._ones, self._bounds = np.ones(size), [(row * size, (row + 1) * size) for row in range(rows)]
        self._never = [self._tempered[:, index] for index in never_drawn]
        self._past = np.empty((rows, size), np.bool_)
        self._starts = np.arange(0, rows * size, size)
        self._controls: tuple[Controls, ...] = ()
        self._inverse = np.empty((rows, size))  # alike in all columns: to broadcast takes three times as long
        self._nearness = np.zeros(rows)
        self._greedy: list[int] = []
        self._filtered: list[int] = []

    def choose(self, logits: NDArray[np.float32], controls: Sequence[Controls], u: Sequence[float]) -> list[int]:
        """The id that `draw` draws for each row of logits (B, V), with u[b] in [0, 1), and nothing about it.

        Scores that overflowed aren't noticed here; `surprisals_and_entropies` does.
        """
        self._temper(logits, controls)
        np.exp(self._tempered, self._weights)
        return self._invert(u)

    def _temper(self, logits: NDArray[np.float32], controls: Sequence[Controls]) -> None:
        """Fills `_logits` and `_tempered`, which holds what can be drawn."""
        if tuple(controls) != self._controls:
            self._read(controls)
        relative, tempered = self._logits, self._tempered
        relative[...] = logits
        if self._plain:
            np.multiply(relative, self._inverse, tempered)
            for column in self._never:
                column[...] = -math.inf
        else:
            relative -= relative.max(axis=1, keepdims=True)
            tempered[...] = relative
            for column in self._never:
                column[...] = -math.inf
            tempered -= tempered.max(axis=1, keepdims=True)
            tempered *= self._inverse

    def _invert(self, u: Sequence[float]) -> list[int]:
        """The ids at u, from the exps of `_tempered`."""
        for row in self._filtered:
            filter_weights(self._weights[row], self._controls[row])
        np.add.accumulate(self._weights, 1, None, self._cumulated)
        if len(self._bounds) <= _FEW_ROWS:
            flat = self._flat
            chosen = []
            for (start, end), part in zip(self._bounds, u, strict=True):
                reached = flat[end - 1]
                place = bisect_right(flat, part * reached, start, end)
                chosen.append((place if place < end else bisect_left(flat, reached, start, end)) - start)
        else:
            chosen = self._invert_together(np.array(u))
        for row in self._greedy:
            chosen[row] = int(self._tempered[row].argmax())
        return chosen

    def near(self, chosen: Sequence[int], u: Sequence[float]) -> list[int]:
        """The rows, of those that drew `chosen` at u just now, that logits with other last bits could let draw
        something else."""
        places = self._starts + chosen
        cumulated, reached = self._cumulated, self._cumulated[:, -1]
        above = cumulated.take(places)
        targets = np.multiply(u, reached)
        below = above - self._weights.take(places)
        # C (1 - C) is a quarter at most.
        closest = np.minimum(above - targets, targets - below)
        near: list[int] = (closest < 0.25 * self._nearness * reached).nonzero()[0].tolist()
        near = [row for row in near if self._is_near_border(row, above[row], below[row], targets[row])]
        if self._greedy or self._filtered:
            near = sorted({*near, *filter(self._is_near_filters, self._filtered)} - {*self._greedy})
            near += filter(self._is_near_tie, self._greedy)
        return near

    def _is_near_border(self, row: int, above: float, below: float, target: float) -> bool:
        reached, nearness = self._cumulated[row, -1], self._nearness[row]
        return any(abs(border - target) < nearness * border * (1 - border / reached) for border in (above, below))

    def _is_near_filters(self, row: int) -> bool:
        margin = filter_margin(np.exp(self._tempered[row]), self._controls[row])
        return margin < float(self._nearness[row])

    def _is_near_tie(self, row: int) -> bool:
        second, first = np.partition(self._tempered[row], -2)[-2:]
        return bool(first - second < NEAR_LOGITS)

    def _invert_together(self, u: Float64) -> list[int]:
        reached = self._cumulated[:, -1]
        targets = (u * reached)[:, None]
        chosen: list[int] = np.greater(self._cumulated, targets, self._past).argmax(1).tolist()
        if 0 in chosen:  # perhaps nothing lies past a target that was rounded up to the whole
            for row in np.flatnonzero(~self._past.any(axis=1)).tolist():
                chosen[row] = int(self._cumulated[row].searchsorted(reached[row]))
        return chosen

    def _read(self, controls: Sequence[Controls]) -> None:
        self._controls = tuple(controls)
        inverses = np.array([inverse_temperature(each) for each in controls])
        self._inverse[...] = inverses[:, None]
        self._greedy = [row for row, c in enumerate(controls) if c.greedy]
        self._filtered = [row for row, c in enumerate(controls) if c.filters and not c.greedy]
        self._plain = self._reach * max(1.0, inverses.max()) < _EXP_REACHES
        self._nearness = nearness(self._reach, inverses)

    def draw(self, logits: NDArray[np.float32], controls: Sequence[Controls], u: Sequence[float]) -> list[Draw]:
        """Draws one id for each row of logits (B, V), with u[b] in [0, 1)."""
        chosen, *figures = self.draw_columns(logits, controls, u)
        columns = (column.tolist() for column in figures)
        return list(map(Draw._make, zip(chosen, *columns, strict=True)))

    def draw_columns(
        self, logits: NDArray[np.float32], controls: Sequence[Controls], u: Sequence[float]
    ) -> tuple[list[int], Float64, Float64, Float64]:
        """The columns of `draw`: ids, probabilities, model probabilities and entropies, B each."""
        self._temper(logits, controls)
        np.exp(self._exponents, self._exps)
        thought = self._thought
        totals = thought.dot(self._ones)
        entropies = (np.log(totals) - np.einsum("bv,bv->b", thought, self._logits) / totals) * LOG2_E
        if not (entropies < math.inf).all():
            raise CheckpointError(OVERFLOWED)
        chosen = self._invert(u)
        places = self._starts + chosen
        probabilities = self._weights.take(places) / self._cumulated[:, -1]
        probabilities[self._greedy] = 1.0
        model_probabilities = thought.take(places) / totals
        return chosen, probabilities, model_probabilities, entropies


def nearness(reach: float, inverse_temperatures: Float64) -> Float64:
    """How close to the border between two tokens, in log-odds, last bits could decide which is drawn.

    A cumulated probability C of one is C (1 - C) of that in probability.
    """
    return min(NEAR, NEAR_OF_REACH * reach) * np.maximum(1.0, inverse_temperatures)


def inverse_temperature(controls: Controls) -> float:
    """Greedy needs none; it takes the greatest of what is left, which a high temperature would make alike."""
    return 1.0 if controls.greedy else 1.0 / max(controls.temperature, COLDEST)

"""Logits -> distribution -> id, under the controls. Knows no network and no text."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError, ControlsError

Float64 = NDArray[np.float64]

_LOG2_E = math.log2(math.e)
_COLDEST = 1e-30  # below this the division could overflow; it is greedy long before
_BLOCK = 1024  # random numbers made at a time
_OVERFLOWED = "the model's scores overflowed; its weights are not those of a trained model"


@dataclass(frozen=True, slots=True)
class Controls:
    """How the next token is drawn. Immutable: to change a control is to put another Controls in its place.

    temperature divides the logits: any finite number above 0. greedy takes the most probable token and no
    chance. Then, in this order: top_k keeps the k most probable tokens; top_p the fewest most probable ones that
    together have at least that probability (Holtzman et al. 2020, arXiv:1904.09751); min_p those with at least
    that fraction of the greatest probability (Nguyen et al. 2024, arXiv:2407.01082). None switches one off.

    Raises ControlsError, with the range, for a value outside it.
    """

    temperature: float = 1.0
    greedy: bool = False
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 < _number(self.temperature) < math.inf:
            raise ControlsError(f"the temperature is {self.temperature!r}; it must be a finite number above 0")
        if not isinstance(self.greedy, bool):
            raise ControlsError(f"greedy is {self.greedy!r}; it must be True or False")
        k = self.top_k
        if k is not None and (isinstance(k, bool) or not isinstance(k, int) or k < 1):
            raise ControlsError(f"top-k is {k!r}; it must be a whole number from 1 up")
        if self.top_p is not None and not 0 < _number(self.top_p) <= 1:
            raise ControlsError(f"top-p is {self.top_p!r}; it must be above 0 and at most 1")
        if self.min_p is not None and not 0 <= _number(self.min_p) <= 1:
            raise ControlsError(f"min-p is {self.min_p!r}; it must be from 0 to 1")

    @property
    def filters(self) -> bool:
        """Whether any of top-k, top-p and min-p is on."""
        return self.top_k is not None or self.top_p is not None or self.min_p is not None


def _number(value: object) -> float:
    """A number as a float, and NaN, which no range holds, for what is none or too large to be one."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating | np.integer):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


class Draw(NamedTuple):
    """A token drawn, its probability after and before the controls, and the entropy before them, in bits."""

    id: int
    probability: float
    model_probability: float
    entropy: float


def model_distribution(logits: NDArray[Any]) -> Float64:
    """softmax of logits (V,), in float64: what the model thinks, before any control."""
    z = np.asarray(logits, np.float64)
    weights = np.exp(z - z.max())
    return np.asarray(weights / weights.sum())


def entropy_bits(logits: NDArray[Any]) -> float:
    """Entropy of the model's distribution, before any control, in bits: logits (V,)."""
    p = model_distribution(logits)
    return float(-(p * np.log2(p, where=p > 0, out=np.zeros_like(p))).sum())


def drawn_distribution(logits: NDArray[Any], controls: Controls, never_drawn: Sequence[int] = (0,)) -> Float64:
    """The distribution that a token is drawn from: logits (V,) after the controls, float64 (V,), sum 1."""
    z = np.array(logits, np.float64)
    z[list(never_drawn)] = -np.inf
    if controls.greedy:
        weights = np.zeros(len(z))
        weights[z.argmax()] = 1.0
        return weights
    weights = _weights(z - z.max(), controls, np.empty(len(z)))
    return np.asarray(weights / weights.sum())


def surprisals_and_entropies(logits: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the model thinks, before any control, in bits: logits (..., V) -> how surprising each token would be,
    -log2 p (..., V), and the entropy (...), as exact as the logits' own type.

    Raises CheckpointError where the scores overflowed.
    """
    relative = logits - logits.max(axis=-1, keepdims=True)
    weights = np.exp(relative)
    totals = weights.sum(axis=-1, keepdims=True)
    np.subtract(np.log(totals), relative, out=relative)
    entropies = np.einsum("...v,...v->...", weights, relative) / totals[..., 0] * _LOG2_E
    if not (entropies < math.inf).all():
        raise CheckpointError(_OVERFLOWED)
    return np.multiply(relative, _LOG2_E, out=relative), entropies


def _weights(relative: Float64, controls: Controls, out: Float64) -> Float64:
    """Unnormalised probabilities after the controls, from logits relative to the greatest (so at most 0)."""
    np.divide(relative, max(controls.temperature, _COLDEST), out=out)
    np.exp(out, out=out)
    if controls.filters:
        _filter(out, controls)
    return out


def _filter(weights: Float64, controls: Controls) -> None:
    """top-k, top-p and min-p, in place. Among equals the lower id is kept."""
    order = np.argsort(-weights, kind="stable")
    if controls.top_k is not None:
        weights[order[controls.top_k :]] = 0.0
    if controls.top_p is not None:
        reached = np.cumsum(weights[order])
        keep = int(np.searchsorted(reached, controls.top_p * reached[-1] * (1 - 1e-12))) + 1
        weights[order[keep:]] = 0.0
    if controls.min_p is not None:
        weights[weights < controls.min_p * weights[order[0]]] = 0.0


class Sampler:
    """Draws tokens from logits of one size, into buffers of its own.

    A draw inverts the cumulative distribution at `u`, in float64: the first token whose cumulated probability
    exceeds u. So the same logits, controls and u give the same token wherever they meet.
    """

    def __init__(self, size: int, never_drawn: Sequence[int] = (0,)) -> None:
        self._never = tuple(never_drawn)
        self._relative = np.empty(size)
        self._weights = np.empty(size)
        self._cumulated = np.empty(size)
        self._ones = np.ones(size)
        # Numbers in arrays of no dimension: a plain one takes a ufunc as long again as all its work.
        self._greatest = np.empty(())
        self._temperature = np.empty(())
        self._read(Controls())

    def draw(self, logits: NDArray[np.float32], controls: Controls, u: float) -> Draw:
        """Draws one id from logits (V,) with u in [0, 1)."""
        relative, weights = self._relative, self._weights
        np.copyto(relative, logits)
        best = relative.argmax()
        self._greatest[()] = relative[best]
        np.subtract(relative, self._greatest, relative)
        np.exp(relative, weights)
        total = float(weights.dot(self._ones))
        entropy = (math.log(total) - float(weights.dot(relative)) / total) * _LOG2_E
        if not entropy < math.inf:  # also false for NaN, which any infinity among the logits ends in
            raise CheckpointError(_OVERFLOWED)
        if controls.greedy:
            chosen = self._most_probable(int(best))
            return Draw(chosen, 1.0, float(weights[chosen]) / total, entropy)
        probability, chosen = self._invert(int(best), controls, u)
        # exp again for one number is cheaper than a second array of exps kept for all
        return Draw(chosen, probability, math.exp(relative[chosen]) / total, entropy)

    def _read(self, controls: Controls) -> None:
        """Most tokens are drawn under the controls of the one before: what follows from them is kept."""
        self._controls = controls
        self._temperature[()] = max(controls.temperature, _COLDEST)
        self._filters, self._tempered = controls.filters, controls.temperature != 1.0

    def _most_probable(self, best: int) -> int:
        if best not in self._never:
            return best
        for index in self._never:
            self._relative[index] = -np.inf
        return int(self._relative.argmax())

    def _invert(self, best: int, controls: Controls, u: float) -> tuple[float, int]:
        """The id at `u` and its probability; `_relative` holds the logits and `_weights` their exps."""
        weights, cumulated = self._weights, self._cumulated
        if controls is not self._controls:
            self._read(controls)
        if best in self._never:
            # Relative to a token that can't be drawn, all others could underflow at a low temperature.
            best = self._most_probable(best)
            np.subtract(self._relative, self._relative[best], out=weights)
            weights = _weights(weights, controls, weights)
            for index in self._never:
                weights[index] = 0.0
        elif self._filters:
            for index in self._never:
                self._relative[index] = -np.inf
            _weights(self._relative, controls, weights)
        else:
            if self._tempered:
                np.divide(self._relative, self._temperature, weights)
                np.exp(weights, weights)
            for index in self._never:
                weights[index] = 0.0
        np.add.accumulate(weights, out=cumulated)
        total = float(cumulated[-1])
        chosen = int(cumulated.searchsorted(u * total, "right"))
        if chosen == len(weights):  # u * total was rounded up to the total
            chosen = int(cumulated.searchsorted(total))
        return float(weights[chosen]) / total, chosen


class RowSampler:
    """As Sampler, for a batch of rows that each have controls of their own."""

    def __init__(self, rows: int, size: int, never_drawn: Sequence[int] = (0,)) -> None:
        self._relative, self._thought, self._weights, self._cumulated = (np.empty((rows, size)) for _ in range(4))
        self._ones = np.ones(size)
        self._never = [self._relative[:, index] for index in never_drawn]
        self._best, self._target, self._u = (np.empty((rows, 1)) for _ in range(3))
        self._reach = self._cumulated[:, -1:]
        self._past = np.empty((rows, size), np.bool_)
        self._rows = np.arange(rows)
        self._controls: tuple[Controls, ...] = ()
        self._temperatures = np.empty((rows, 1))
        self._greedy: list[int] = []
        self._filtered: list[int] = []

    def choose(self, logits: NDArray[np.float32], controls: Sequence[Controls], u: Float64) -> NDArray[np.intp]:
        """The id that `draw` draws for each row of logits (B, V), with u (B, 1) in [0, 1), and nothing about it.

        Scores that overflowed aren't noticed here; `surprisals_and_entropies` does.
        """
        self._relate(logits)
        return self._invert(controls, u)

    def _relate(self, logits: NDArray[np.float32]) -> None:
        """Fills `_relative`: each row's logits, from its greatest one down."""
        # The greatest float32 is the same number as a float64, and found in half the time.
        np.copyto(self._relative, logits)
        np.subtract(self._relative, np.maximum.reduce(logits, axis=1, keepdims=True), out=self._relative)

    def _invert(self, controls: Sequence[Controls], u: Float64) -> NDArray[np.intp]:
        """The ids at u (B, 1), from `_relative`, which loses what is never drawn."""
        relative, weights, best = self._relative, self._weights, self._best
        if tuple(controls) != self._controls:
            self._read(controls)
        drawable = True  # whether the best one of every row can be drawn
        for column in self._never:
            drawable = drawable and bool(column.all())  # the best one stands at 0
            column[...] = -np.inf
        if not drawable:
            np.maximum.reduce(relative, axis=1, keepdims=True, out=best)
            np.subtract(relative, best, out=relative)
        np.divide(relative, self._temperatures, out=weights)
        np.exp(weights, out=weights)
        for row in self._filtered:
            _filter(weights[row], controls[row])
        np.add.accumulate(weights, axis=1, out=self._cumulated)
        np.multiply(u, self._reach, out=self._target)
        chosen: NDArray[np.intp] = np.greater(self._cumulated, self._target, out=self._past).argmax(axis=1)
        if 0 in chosen.tolist():  # perhaps nothing lies past a target that was rounded up to the whole
            np.copyto(chosen, (self._cumulated >= self._reach).argmax(axis=1), where=~self._past.any(axis=1))
        for row in self._greedy:
            chosen[row] = relative[row].argmax()
        return chosen

    def _read(self, controls: Sequence[Controls]) -> None:
        self._controls = tuple(controls)
        self._temperatures[:, 0] = [max(c.temperature, _COLDEST) for c in controls]
        self._greedy = [row for row, c in enumerate(controls) if c.greedy]
        self._filtered = [row for row, c in enumerate(controls) if c.filters]

    def draw(self, logits: NDArray[np.float32], controls: Sequence[Controls], u: Sequence[float]) -> list[Draw]:
        """Draws one id for each row of logits (B, V), with u[b] in [0, 1)."""
        return list(map(Draw._make, zip(*self.draw_columns(logits, controls, u), strict=True)))

    def draw_columns(
        self, logits: NDArray[np.float32], controls: Sequence[Controls], u: Sequence[float]
    ) -> tuple[list[int], list[float], list[float], list[float]]:
        """The columns of `draw`: ids, probabilities, model probabilities and entropies, B each."""
        self._relate(logits)
        thought = np.exp(self._relative, out=self._thought)
        totals = thought.dot(self._ones)
        entropies = (np.log(totals) - np.einsum("bv,bv->b", thought, self._relative) / totals) * _LOG2_E
        if not (entropies < math.inf).all():
            raise CheckpointError(_OVERFLOWED)
        np.copyto(self._u[:, 0], u)
        chosen = self._invert(controls, self._u)
        rows = self._rows
        probabilities = self._weights[rows, chosen] / self._reach[:, 0]
        probabilities[self._greedy] = 1.0
        model_probabilities = thought[rows, chosen] / totals
        return chosen.tolist(), probabilities.tolist(), model_probabilities.tolist(), entropies.tolist()


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
            bits = np.random.Philox(self._sequence).advance(block * (_BLOCK // 4))  # 4 numbers a count
            # 53 bits, as Generator.random does it, but from the raw stream, which numpy promises not to change
            self._values = ((bits.random_raw(_BLOCK) >> np.uint64(11)) * 2.0**-53).tolist()
            self._block = block
        return self._values[place]

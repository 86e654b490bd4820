"""Logits -> distribution, before and after the controls, exactly and in float64. Draws nothing."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.sampling.controls import Controls

Float64 = NDArray[np.float64]

LOG2_E = math.log2(math.e)
_EXP_REACHES = 60.0  # float32's exp of what lies within this of 0, and sums of many, are far from 0 and infinity
NEGLIGIBLE = 1e-7  # share of the whole
COLDEST = 1e-30  # below this the division could overflow; it is greedy long before
OVERFLOWED = "the model's scores overflowed; its weights are not those of a trained model"


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
    weights = np.exp((z - z.max()) / max(controls.temperature, COLDEST))
    if controls.filters:
        filter_weights(weights, controls)
    return np.asarray(weights / weights.sum())


def surprisals_and_entropies(
    logits: NDArray[Any], ids: NDArray[np.intp], reach: float = math.inf
) -> tuple[NDArray[Any], NDArray[Any]]:
    """What the model thinks, before any control, in bits: logits (..., V) and the tokens drawn (...) -> how
    surprising each was, -log2 p (...), and the entropy (...), as exact as the logits' own type.

    `reach` is how far from 0 the logits can be at most: where exp can do with that, they needn't be made relative
    to the greatest of them first. Raises CheckpointError where the scores overflowed.
    """
    size = logits.shape[-1]
    rows = logits.reshape(-1, size)
    if not reach < _EXP_REACHES:
        rows = rows - rows.max(axis=1, keepdims=True)
    weights = np.exp(rows)
    totals = weights.dot(np.ones(size, rows.dtype))
    logs = np.log(totals)
    entropies = (logs - np.einsum("nv,nv->n", weights, rows) / totals) * LOG2_E
    if not (entropies < math.inf).all():
        raise CheckpointError(OVERFLOWED)
    drawn = rows.reshape(-1).take(np.arange(0, rows.size, size) + ids.reshape(-1))
    return ((logs - drawn) * LOG2_E).reshape(ids.shape), entropies.reshape(ids.shape)


def filter_weights(weights: Float64, controls: Controls) -> None:
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


def filter_margin(weights: Float64, controls: Controls) -> float:
    """How far the filters are from keeping other tokens of weights (V,): the change of a token's weight relative to
    it, or of a sum of them relative to the whole, that could make the difference. Tokens that hardly weigh anything
    make none.
    """
    shares = weights[np.argsort(-weights, kind="stable")] / weights.sum()
    margins = [math.inf]

    def between_neighbours(kept: int) -> None:
        if kept < len(shares) and shares[kept] > NEGLIGIBLE:
            margins.append(1 - shares[kept] / shares[kept - 1])

    if controls.top_k is not None:
        between_neighbours(controls.top_k)
        shares[controls.top_k :] = 0.0
        shares /= shares.sum()
    if controls.top_p is not None:
        reached = np.cumsum(shares)
        margins += abs(reached[:-1] - controls.top_p)[shares[1:] > NEGLIGIBLE].tolist()
        between_neighbours(int(np.searchsorted(reached, controls.top_p)) + 1)
    if controls.min_p is not None:
        margins += abs(1 - controls.min_p * shares[0] / shares[shares > NEGLIGIBLE]).tolist()
    return min(margins)

"""Logits -> distribution, before and after the controls, exactly and in float64. Draws nothing.

The one home of the controls' arithmetic: `inverse_temperature` and `filter_weights` serve every way of drawing.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import CheckpointError
from charrnn_engine.sampling.controls import Controls

Float64 = NDArray[np.float64]

LOG2_E = math.log2(math.e)
OVERFLOWED = "the model's scores overflowed; its weights are not those of a trained model"

_SAFE_EXPONENT = 60.0  # float32: exp of numbers up to this, and sums of many, are far from 0 and from infinity
_COLDEST = 1e-30  # below this temperature the division could overflow; it is as good as greedy long before


def inverse_temperature(controls: Controls) -> float:
    """What logits are multiplied by. 1 for greedy, because a high temperature could round all logits to equals."""
    return 1.0 if controls.greedy else 1.0 / max(controls.temperature, _COLDEST)


def model_distribution(logits: NDArray[Any]) -> Float64:
    """softmax of logits (V,), in float64: the model's own distribution, before any control."""
    z = np.asarray(logits, np.float64)
    weights = np.exp(z - z.max())
    return np.asarray(weights / weights.sum())


def entropy_bits(logits: NDArray[Any]) -> float:
    """Entropy of the model's distribution, before any control, in bits: logits (V,)."""
    p = model_distribution(logits)
    return float(-(p * np.log2(p, where=p > 0, out=np.zeros_like(p))).sum())


def drawn_distribution(
    logits: NDArray[Any], controls: Controls, never_drawn: Sequence[int] = (0,), addend: Float64 | None = None
) -> Float64:
    """The distribution that a token is drawn from: logits (V,) after the controls, float64 (V,), sum 1. `addend` (V,)
    is what the controls' rules add to the logits there, as `Generation.addend` gives it.
    """
    z = np.array(logits, np.float64)
    if addend is not None:
        z += addend
    z[list(never_drawn)] = -np.inf
    if controls.greedy:
        weights = np.zeros(len(z))
        weights[z.argmax()] = 1.0
        return weights
    weights = np.exp((z - z.max()) * inverse_temperature(controls))
    if controls.filters:
        filter_weights(weights, controls)
    return np.asarray(weights / weights.sum())


def surprisals_and_entropies(
    logits: NDArray[Any], ids: NDArray[np.intp], largest_logit: float = math.inf
) -> tuple[NDArray[Any], NDArray[Any]]:
    """How surprising each token was to the model, -log2 p (...), and the entropy (...) of the distribution that it
    came from, before any control, in bits: logits (..., V) and ids (...). As exact as the logits' own type.

    `largest_logit` bounds |logit|: where exp can take such numbers, the logits needn't be made relative to their
    maximum first. Raises CheckpointError where the scores overflowed.
    """
    size = logits.shape[-1]
    rows = logits.reshape(-1, size)
    if not largest_logit < _SAFE_EXPONENT:
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
    """top-k, top-p and min-p on contiguous weights (V,) or (B, V), in place. Among equals the lower id is kept."""
    size = weights.shape[-1]
    flat = weights.reshape(-1)
    order = np.argsort(-weights, axis=-1, kind="stable")
    if weights.ndim == 2:
        order += np.arange(0, weights.size, size)[:, None]
    if controls.top_k is not None:
        flat[order[..., controls.top_k :]] = 0.0
    if controls.top_p is not None:
        reached = np.cumsum(flat[order], axis=-1)
        before = reached[..., :-1] < controls.top_p * reached[..., -1:] * (1 - 1e-12)
        left_out = order[..., 1:][~before]  # the token that reaches top-p is kept
        flat[left_out] = 0.0
    if controls.min_p is not None:
        weights[weights < controls.min_p * flat[order[..., :1]]] = 0.0

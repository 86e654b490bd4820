"""The Dense layer that turns the last hidden state into logits. Knows no cells and no vocabulary."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from charrnn_engine.network.products import Array


@dataclass(frozen=True, eq=False)
class Dense:
    """Kernel (H, V) and bias (V,). The outputs are logits; a softmax after it is left to the sampler."""

    kernel: Array
    bias: Array
    bounded: bool = True
    """Whether no hidden state exceeds 1, as none does after a tanh."""

    def __call__(self, h: Array) -> Array:
        """(..., H) -> (..., V)"""
        return h @ self.kernel + self.bias

    @cached_property
    def largest_logit(self) -> float:
        """An upper bound of |logit|; infinite without a bound of the hidden state, NaN where the weights are."""
        if not self.bounded:
            return math.inf
        with np.errstate(all="ignore"):
            return float((np.abs(self.kernel).sum(axis=0) + np.abs(self.bias)).max()) * 1.001

    @cached_property
    def _with_bias(self) -> Array:
        return np.vstack([self.kernel, self.bias])

    def bind(self, h_and_one: Array) -> tuple[Array, Callable[[], object]]:
        """For a hidden state followed by a 1, (..., H + 1): the logits, (..., V), and a function that fills them.
        The 1 multiplies the bias, which saves an addition.
        """
        logits = np.empty((*h_and_one.shape[:-1], len(self.bias)), np.float32)
        return logits, partial(np.dot, h_and_one, self._with_bias, logits)

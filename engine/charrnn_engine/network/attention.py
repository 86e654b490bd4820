"""The attention-weighted average of textgenrnn (https://github.com/minimaxir/textgenrnn, AttentionWeightedAverage):
one weighted mean, over the window, of embeddings and hidden states side by side. Knows no stepping.
"""

from dataclasses import dataclass

import numpy as np

from charrnn_engine.network.products import Array

_EPSILON = np.float32(1e-7)  # Keras' epsilon(), which is added to the sum of weights


@dataclass(frozen=True, eq=False)
class Attention:
    """Embedding (V, E), and weights (D,) for D = E + all hidden units."""

    embedding: Array
    weights: Array

    def average(self, outputs: Array) -> Array:
        """(N, ..., D) -> (..., D), weighted by the softmax of outputs times weights over the N places."""
        scores = outputs @ self.weights
        scores = np.exp(scores - scores.max(axis=0))
        scores /= scores.sum(axis=0) + _EPSILON
        average: Array = np.einsum("n...,n...d->...d", scores, outputs)
        return average

"""The activation functions that Keras has by name, in numpy. They know no layers.

What grows without bound is cut at 1e6, far beyond any trained network, so that no state can overflow.
"""

from collections.abc import Callable

import numpy as np

from charrnn_engine.network.products import Array

Activation = Callable[[Array], Array]

LIMIT = np.float32(1e6)


def sigmoid(x: Array) -> Array:
    half = np.float32(0.5)
    y: Array = np.tanh(x * half) * half + half
    return y


def hard_sigmoid(slope: float) -> Activation:
    """max(0, min(1, slope x + 0.5)): Keras 2 has a slope of 0.2, Keras 3 one of 1/6."""
    return lambda x: np.clip(x * np.float32(slope) + np.float32(0.5), np.float32(0), np.float32(1))


def relu(x: Array) -> Array:
    y: Array = np.clip(x, np.float32(0), LIMIT)
    return y


def linear(x: Array) -> Array:
    y: Array = np.clip(x, -LIMIT, LIMIT)
    return y


def softsign(x: Array) -> Array:
    return np.divide(x, np.abs(x) + np.float32(1), dtype=np.float32)


def named_activations(keras_major: int) -> dict[str, Activation]:
    """By Keras' names, as that version of Keras means them."""
    return {
        "tanh": np.tanh,
        "sigmoid": sigmoid,
        "hard_sigmoid": hard_sigmoid(0.2 if keras_major < 3 else 1 / 6),
        "relu": relu,
        "linear": linear,
        "softsign": softsign,
    }

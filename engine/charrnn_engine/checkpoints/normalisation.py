"""Reads Keras' BatchNormalization and LayerNormalization. Knows no other layers."""

from dataclasses import dataclass

import numpy as np

from charrnn_engine.checkpoints.keras_config import Layer
from charrnn_engine.checkpoints.recurrent_weights import Read
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.products import Array


@dataclass(frozen=True)
class Affine:
    """x * scale + shift, which is all that BatchNormalization does once it is trained."""

    scale: Array
    shift: Array

    def fold(self, kernel: Array, bias: Array | None) -> tuple[Array, Array]:
        """Kernel and bias of the layer above, (G,) or (2, G), with this one's work folded into them."""
        added = self.shift @ kernel
        if bias is not None and bias.ndim == 2:  # of the input and of the hidden state
            added = np.stack([added, np.zeros_like(added)])
        return self.scale[:, None] * kernel, added if bias is None else bias + added


@dataclass(frozen=True)
class LayerNorm:
    """gamma and beta, (H,), and what is added to the variance."""

    gamma: Array
    beta: Array
    epsilon: float


def read_normalisation(layer: Layer, width: int, read: Read) -> LayerNorm | Affine:
    """What a LayerNormalization or a BatchNormalization does. Raises CheckpointError."""
    config, shape, index = layer.config, (width,), 0
    epsilon = config.get("epsilon", 1e-3)
    if not isinstance(epsilon, float) or not 0 < epsilon < 1:
        raise CheckpointError(f"its layer {shown(layer.name)} has epsilon={shown(epsilon)}; 0 to 1 is read")
    gamma, beta = np.ones(shape, np.float32), np.zeros(shape, np.float32)
    if config.get("scale", True):
        gamma, index = read(layer, index, shape, ""), index + 1
    if config.get("center", True):
        beta, index = read(layer, index, shape, ""), index + 1
    if layer.kind == "LayerNormalization":
        return LayerNorm(gamma, beta, epsilon)
    mean, variance = read(layer, index, shape, ""), read(layer, index + 1, shape, "")
    if (variance < 0).any():
        raise CheckpointError(f"its layer {shown(layer.name)} has a negative variance")
    scale = gamma / np.sqrt(variance + np.float32(epsilon))
    return Affine(scale, beta - mean * scale)

"""Ids -> logits by the variables of a Keras model, in the shape that trains fast. The result is that of the model, up
to rounding. Knows no loop and no corpus."""

from typing import Any

import keras
import tensorflow as tf

from charrnn_engine.training import recurrence
from charrnn_engine.training.tensors import DType, Model, Tensor

States = list[recurrence.State]

_RECURRENT = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)


class Forward:
    """The forward pass of a model that `network.build` made.

    `compute` is the type of the matrix products. `recurrent_dropout` drops recurrent weights, the same ones at every
    step of a batch. With `by_layers`, Keras' own recurrent layers are called, which use cuDNN on a GPU; they are for
    float32 without recurrent dropout.
    """

    def __init__(
        self, model: Model, compute: DType, recurrent_dropout: float = 0.0, *, by_layers: bool = False
    ) -> None:
        self._layers = list(model.layers)
        self._compute = compute
        self._recurrent_dropout = recurrent_dropout
        self._by_layers = by_layers and compute == tf.float32 and not recurrent_dropout

    def fresh_state(self, rows: int | Tensor) -> States:
        """The initial state of so many rows: for each recurrent layer the arrays of its cell, (B, H) each."""
        layers = [layer for layer in self._layers if isinstance(layer, _RECURRENT)]
        return [(tf.zeros((rows, layer.units)),) * (1 + isinstance(layer, keras.layers.LSTM)) for layer in layers]

    def logits(self, ids: Tensor, seed: Tensor | None = None) -> Tensor:
        """ids (B, T) int32 -> logits (T * B, V), time first. With `seed` (2,) dropout is on, and the same seed
        drops the same units."""
        return self.carried(ids, seed, None)[0]

    def carried(self, ids: Tensor, seed: Tensor | None, states: States | None) -> tuple[Tensor, States]:
        """The logits, and the states of the layers after the last step, given those before the first one. With None
        for these, the text starts from a fresh state."""
        ids = tf.transpose(ids)
        flowing: Tensor | None = None
        before = states or self.fresh_state(tf.shape(ids)[1])
        after: States = []
        for number, layer in enumerate(self._layers):
            own = None if seed is None else tf.stack([seed[0] * 64 + number, seed[1]])
            if isinstance(layer, keras.layers.Embedding):
                flowing = tf.gather(layer.embeddings.value, ids)
            elif isinstance(layer, keras.layers.Dropout) and flowing is not None:
                # The same units of a row at all its steps (Gal and Ghahramani 2016, arXiv:1512.05287): better for
                # recurrent networks than other units at each step, and it costs next to nothing.
                flowing = _dropped(flowing, tf.shape(flowing)[1:], layer.rate, own)
            elif isinstance(layer, _RECURRENT) and self._by_layers and states is None:
                flowing = self._layer(layer, flowing, ids)
            elif isinstance(layer, _RECURRENT):
                flowing, state = self._recurrent(layer, flowing, ids, own, before[len(after)])
                after.append(state)
            elif isinstance(layer, keras.layers.Dense) and flowing is not None:
                rows = tf.reshape(flowing, (-1, flowing.shape[-1]))
                bias: Tensor = layer.bias.value
                return self._times(rows, layer.kernel.value) + bias, after
        raise ValueError("the model has no Dense head")

    def _layer(self, layer: Any, flowing: Tensor | None, ids: Tensor) -> Tensor:
        """The outputs of Keras' own layer, which takes rows first."""
        if flowing is None:
            flowing = tf.one_hot(ids, layer.cell.kernel.shape[0])
        outputs: Tensor = tf.transpose(layer(tf.transpose(flowing, (1, 0, 2)), training=False), (1, 0, 2))
        return outputs

    def _recurrent(
        self, layer: Any, flowing: Tensor | None, ids: Tensor, seed: Tensor | None, state: recurrence.State
    ) -> recurrence.Found:
        cell = layer.cell
        kernel, recurrent, bias = cell.kernel.value, cell.recurrent_kernel.value, cell.bias.value
        own_bias = None
        if isinstance(layer, keras.layers.GRU):
            bias, own_bias = bias[0], bias[1]
        # A one-hot row times the kernel is a row of the kernel.
        gates = tf.gather(kernel + bias, ids) if flowing is None else self._projected(flowing, kernel) + bias
        recurrent = _dropped(recurrent, tf.shape(recurrent), self._recurrent_dropout, seed)
        if isinstance(layer, keras.layers.LSTM):
            return recurrence.lstm(self._compute, state, gates, recurrent)
        if own_bias is not None:
            return recurrence.gru(self._compute, state, gates, recurrent, own_bias)
        return recurrence.rnn(self._compute, state, gates, recurrent)

    def _projected(self, flowing: Tensor, kernel: Tensor) -> Tensor:
        shape = tf.shape(flowing)
        rows = self._times(tf.reshape(flowing, (-1, flowing.shape[-1])), kernel)
        projected: Tensor = tf.reshape(rows, (shape[0], shape[1], kernel.shape[1]))
        return projected

    def _times(self, rows: Tensor, weights: Tensor) -> Tensor:
        compute = self._compute
        product: Tensor = tf.cast(tf.matmul(tf.cast(rows, compute), tf.cast(weights, compute)), tf.float32)
        return product


def _dropped(values: Tensor, shape: Tensor, rate: float, seed: Tensor | None) -> Tensor:
    """Values times a mask of `shape`: 0 with probability `rate`, rounded to a 256th, else the factor that keeps the
    mean. A random byte for each is four times as fast as a float; Philox makes it independent of the device."""
    if seed is None or not rate:
        return values
    size = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform((size // 4 + 1,), seed, None, None, tf.int32, alg="philox")
    chances = tf.reshape(tf.bitcast(words, tf.uint8), (-1,))[:size]
    left_out = max(1, min(255, round(rate * 256)))
    kept = tf.cast(chances >= left_out, tf.float32)
    mask: Tensor = tf.reshape(kept * (256 / (256 - left_out)), shape)
    return values * mask


def nats(logits: Tensor, targets: Tensor) -> Tensor:
    """-log p of targets (B, T) in nats, (T, B); 0 where the target is `<pad>`."""
    wanted: Tensor = tf.transpose(targets)
    costs = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.reshape(wanted, (-1,)), logits)
    nats: Tensor = tf.where(wanted > 0, tf.reshape(costs, tf.shape(wanted)), 0.0)
    return nats

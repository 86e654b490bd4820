"""Settings -> Keras model: an ordinary Sequential of known layers, which any Keras opens. Trains nothing."""

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras

from charrnn_engine.runs.settings import NetworkSettings
from charrnn_engine.training.tensors import Model

_CELLS = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


def build(settings: NetworkSettings, vocabulary_size: int, seed: int) -> Model:
    """The network for a vocabulary. With an embedding its input is ids (B, T) and its output logits. Without, its
    input is one-hot rows (B, T, V), of which all-zero ones are masked, and its output probabilities."""
    layers: list[Any] = []
    seeds = (number % 2**32 for number in range(seed * 1000, seed * 1000 + 1000))  # Keras' seeds are uint32
    if settings.embedding:
        uniform = keras.initializers.RandomUniform(-0.05, 0.05, next(seeds))
        layers.append(keras.Input((None,), dtype="int32"))
        layers.append(keras.layers.Embedding(vocabulary_size, settings.embedding, uniform))
    else:
        layers.append(keras.Input((None, vocabulary_size)))
        layers.append(keras.layers.Masking(0.0))
    layers += _dropout(settings.input_dropout)
    for _ in range(settings.layers):
        kernel, recurrent = (
            keras.initializers.GlorotUniform(next(seeds)),
            keras.initializers.Orthogonal(1.0, next(seeds)),
        )
        layers.append(
            _CELLS[settings.cell](
                settings.units, return_sequences=True, kernel_initializer=kernel, recurrent_initializer=recurrent
            )
        )
        layers += _dropout(settings.dropout)
    activation = None if settings.embedding else "softmax"
    glorot = keras.initializers.GlorotUniform(next(seeds))
    layers.append(keras.layers.Dense(vocabulary_size, activation=activation, kernel_initializer=glorot))
    return keras.Sequential(layers)


def _dropout(rate: float) -> list[Any]:
    return [keras.layers.Dropout(rate)] if rate else []

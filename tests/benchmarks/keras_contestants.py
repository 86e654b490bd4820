"""Keras as its users drive it, and the notebook that this project descends from."""

from typing import Any

import numpy as np

from tests.benchmarks.contestants import TEMPERATURE, Contestant, draw
from tests.benchmarks.networks import Measured


def _model(network: Measured, stateful: bool) -> Any:
    """The network in Keras, on ids: the look-up stands for the one-hot rows too."""
    import keras

    batch, steps = (1, 1) if stateful else (None, None)
    layers = [keras.layers.Input(batch_shape=(batch, steps), dtype="int32"),
              keras.layers.Embedding(*network.table.shape)]  # fmt: skip
    cell_class = getattr(keras.layers, network.kind)
    for cell in network.cells:
        layers.append(cell_class(cell.units, return_sequences=True, stateful=stateful))
    layers.append(keras.layers.Dense(network.head_kernel.shape[1]))
    model = keras.Sequential(layers)
    cells = [array for cell in network.cells for array in (cell.kernel, cell.recurrent, cell.bias)]
    model.set_weights([network.table, *cells, network.head_kernel, network.head_bias])
    return model


def stateful_keras(network: Measured) -> list[Contestant]:
    """`predict`, an eager call, and a step compiled with its sampling by `tf.function`."""
    import tensorflow as tf

    model = _model(network, stateful=True)
    first = network.first

    def logits(ids: np.ndarray) -> np.ndarray:
        model.reset_states() if hasattr(model, "reset_states") else [layer.reset_states() for layer in model.layers
                                                                     if hasattr(layer, "reset_states")]  # fmt: skip
        return np.array([model(np.array([[index]], np.int32)).numpy()[0, 0] for index in ids])

    def predict(count: int) -> None:
        rng, token = np.random.default_rng(1), first
        for _ in range(count):
            token = draw(model.predict(np.array([[token]], np.int32), verbose=0)[0, 0], rng)

    def call(count: int) -> None:
        rng, token = np.random.default_rng(1), first
        for _ in range(count):
            token = draw(model(np.array([[token]], np.int32), training=False).numpy()[0, 0], rng)

    @tf.function  # type: ignore[untyped-decorator]
    def step(token: Any) -> Any:
        scores = model(token, training=False)[:, 0] / TEMPERATURE
        return tf.random.categorical(scores, 1, dtype=tf.int32)

    def compiled(count: int) -> None:
        token = tf.constant([[first]], tf.int32)
        for _ in range(count):
            token = step(token)
            int(token[0, 0].numpy())  # a user shows each character

    return [
        Contestant("Keras stateful, `tf.function` with the sampling in it", compiled),
        Contestant("Keras stateful, eager call", call, logits, 10),
        Contestant("Keras stateful, `predict`", predict, None, 5),
    ]


def notebook(network: Measured) -> Contestant:
    """`generate_soft` of the notebook, anew: for each character the whole text so far is run again, eagerly."""
    import tensorflow as tf

    model = _model(network, stateful=False)

    def logits(ids: np.ndarray) -> np.ndarray:
        return np.asarray(model(ids[None].astype(np.int32)))[0]

    def run(count: int) -> None:
        text = [network.first] * 20
        for _ in range(count):
            scores = model(tf.constant([text], tf.int32), training=False)[:, -1] / TEMPERATURE
            text.append(int(tf.random.categorical(scores, 1)[0, 0]))

    return Contestant("the notebook's `generate_soft`, eager, from a prompt of 20", run, logits, 5)

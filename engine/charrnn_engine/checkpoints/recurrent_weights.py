"""Reads the weights of one recurrent layer of Keras, cuDNN's layout included. Knows no other layers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from charrnn_engine.checkpoints import layer_settings as settings
from charrnn_engine.checkpoints.keras_config import Layer
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.activations import Activation
from charrnn_engine.network.cells import GRU, LSTM, Cell, SimpleRNN
from charrnn_engine.network.general_cells import GeneralCell
from charrnn_engine.network.products import Array

Read = Callable[[Layer, int, tuple[int, ...], str], Array]
"""Array number `index` of a layer, or of a part of it, of a certain shape."""

_GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


@dataclass
class RecurrentWeights:
    """Kernel (I, G), recurrent kernel (H, G), and bias (G,), (2, G) or None, as Keras 3 lays them out."""

    kind: str
    kernel: Array
    recurrent: Array
    bias: Array | None
    reset_after: bool

    def maker(self, layer: Layer, known: dict[str, Activation]) -> Callable[[], Cell]:
        """A function that makes the cell. Raises CheckpointError for an activation that isn't known."""
        names = layer.config.get("activation", "tanh"), layer.config.get("recurrent_activation", "sigmoid")
        weights = self.kernel, self.recurrent, self.bias
        if names[0] != "tanh" or (names[1] != "sigmoid" and self.kind != "SimpleRNN"):
            inner = settings.activation(layer, "activation", names[0], known)
            if self.kind != "SimpleRNN":
                gate = settings.activation(layer, "recurrent_activation", names[1], known)
            else:
                gate = inner
            return partial(GeneralCell, self.kind, *weights, inner, gate, self.reset_after)
        if self.kind == "LSTM":
            return partial(LSTM, *weights)
        return partial(SimpleRNN, *weights) if self.kind == "SimpleRNN" else partial(GRU, *weights, self.reset_after)


def read_recurrent(layer: Layer, width: int, read: Read, keras_major: int) -> RecurrentWeights:
    """The weights of a layer whose input has `width` features. Raises CheckpointError."""
    config, kind = layer.config, layer.kind.removeprefix("CuDNN")
    for key in ("return_state", "go_backwards"):
        if config.get(key, False) is not False:
            raise CheckpointError(
                f"its layer {shown(layer.name)} has {key}={shown(config[key])}; only {key}=False is run"
            )
    units, cudnn = settings.count(layer, "units", config.get("units")), kind != layer.kind
    columns = _GATES[kind] * units
    # Keras 2 knew no reset_after at first, and then had it off by default.
    reset_after = kind == "GRU" and (cudnn or bool(config.get("reset_after", keras_major > 2)))
    kernel = read(layer, 0, (width, columns), "cell")
    recurrent = read(layer, 1, (units, columns), "cell")
    if cudnn:
        bias = read(layer, 2, (2 * columns,), "cell").reshape(2, columns)
        return RecurrentWeights(kind, *from_cudnn(kernel, recurrent, bias), reset_after)
    if not config.get("use_bias", True):
        return RecurrentWeights(kind, kernel, recurrent, None, reset_after)
    bias = read(layer, 2, (2, columns) if reset_after else (columns,), "cell")
    return RecurrentWeights(kind, kernel, recurrent, bias, reset_after)


def from_cudnn(kernel: Array, recurrent: Array, bias: Array) -> tuple[Array, Array, Array]:
    """The weights of CuDNNLSTM or CuDNNGRU, bias (2, G), in the layout of LSTM, or of GRU with reset_after.

    As `preprocess_weights_for_loading` of Keras 2: cuDNN keeps each gate's matrices transposed.
    """
    gates = kernel.shape[1] // recurrent.shape[0]
    inputs = [part.T.reshape(part.shape, order="F") for part in np.split(kernel, gates, axis=1)]
    hidden = [part.T for part in np.split(recurrent, gates, axis=1)]
    return np.hstack(inputs), np.hstack(hidden), bias.sum(axis=0) if gates == 4 else bias

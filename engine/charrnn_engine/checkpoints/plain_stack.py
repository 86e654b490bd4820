"""Whether training can build the network of a file, and its weights as Keras lays them out. Knows no vocabulary. No
TensorFlow.
"""

import numpy as np

from charrnn_engine.checkpoints.keras_config import RECURRENT, Layer
from charrnn_engine.checkpoints.layer_settings import is_dense
from charrnn_engine.checkpoints.model_files import ModelFile
from charrnn_engine.errors import shown
from charrnn_engine.network.cells import GRU, LSTM, Cell, SimpleRNN
from charrnn_engine.network.products import Array

_PLAIN = {"activation": ("tanh",), "recurrent_activation": ("sigmoid", None)}


def obstacle(found: ModelFile) -> str:
    """What training can't build in a network, as the end of a sentence; empty where it can build all of it.

    It builds one-hot input or an Embedding, recurrent layers of one kind and size with tanh and sigmoid, and one
    Dense head.
    """
    network, cells = found.network, found.network.cells
    if network.attention is not None:
        return "the attention of textgenrnn"
    for layer in found.layers:
        if reason := _odd(layer):
            return reason
    if (heads := sum(is_dense(layer) for layer in found.layers)) > 1:
        return f"a network with {heads} Dense layers"
    if found.table is None and cells[0].input_size != network.vocabulary_size:
        return "an input of ids divided by the size of the vocabulary"
    if any(isinstance(cell, GRU) and cell.candidate is not None for cell in cells):
        return "a GRU with reset_after=False"
    if any(not isinstance(cell, LSTM | GRU | SimpleRNN) for cell in cells):
        return "a network with other layers between its recurrent ones"
    return (
        ""
        if len({(type(cell), cell.hidden) for cell in cells}) == 1
        else "recurrent layers of different kinds or sizes"
    )


def _odd(layer: Layer) -> str:
    """What is unusual in one layer."""
    config, named = layer.config, f"its layer {shown(layer.name)}"
    if layer.kind in ("BatchNormalization", "LayerNormalization"):
        return f"{layer.kind} ({named})"
    if layer.kind == "Activation" and config.get("activation") not in ("softmax", "linear"):
        return f"{shown(config.get('activation'))} as an activation ({named})"
    if layer.kind in RECURRENT:
        for key, plain in _PLAIN.items():
            if (name := config.get(key, plain[0])) not in plain:
                return f"{shown(name)} as {key} ({named})"
    return ""


def plain_arrays(found: ModelFile) -> list[Array]:
    """The weights of a network without an `obstacle`, in the order of Keras' variables: the Embedding (V, E) if there
    is one, kernel, recurrent kernel and bias of each recurrent layer, kernel (H, V) and bias (V,) of the head.

    What a cell has folded into its weights is unfolded. The function is the same; only a GRU's two biases of z and r,
    which always add up, become one.
    """
    arrays = [] if found.table is None else [found.table]
    for cell in found.network.cells:
        arrays += _keras_layout(cell)
    return [*arrays, found.network.head.kernel, found.network.head.bias]


def _keras_layout(cell: Cell) -> list[Array]:
    """Kernel, recurrent kernel and bias; the halves that `cells` folds into the gates' weights are powers of two."""
    assert isinstance(cell, LSTM | GRU | SimpleRNN)
    units, plain = cell.hidden, [cell.kernel, cell.recurrent.matrix, cell.bias]
    if isinstance(cell, SimpleRNN):
        return plain
    if isinstance(cell, GRU):
        scale = np.repeat(np.array([2.0, 1.0], np.float32), [2 * units, units])
        kernel, recurrent, bias = (array * scale for array in plain)
        return [
            kernel,
            recurrent,
            np.stack([bias, np.concatenate([np.zeros(2 * units, np.float32), cell.candidate_bias])]),
        ]
    ordered = []
    for array in plain:  # i, f, o, candidate -> i, f, candidate, o
        i_and_f, o, candidate = np.split(array, [2 * units, 3 * units], axis=-1)
        ordered.append(np.concatenate([2 * i_and_f, candidate, 2 * o], axis=-1))
    return ordered

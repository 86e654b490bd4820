"""Reads the weights that textgenrnn saves (github.com/minimaxir/textgenrnn), known by the names of its layers:
Embedding, LSTMs, all their outputs side by side, the attention-weighted average of these, Dense.
"""

from itertools import count

import numpy as np

from charrnn_engine.checkpoints.assembled import Assembled
from charrnn_engine.checkpoints.hdf5_arrays import HDF5Arrays
from charrnn_engine.checkpoints.limits import MAX_PARAMETERS, MAX_SIZE, MAX_TABLE
from charrnn_engine.checkpoints.recurrent_weights import from_cudnn
from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.attention import Attention
from charrnn_engine.network.cells import LSTM
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array

WINDOW = 40
"""textgenrnn's max_length, unless its configuration says otherwise."""
_LAYERS_AT_MOST = 16


def is_textgenrnn(layer_names: list[str]) -> bool:
    return {"embedding", "rnn_1", "attention", "output"} <= set(layer_names)


def read_textgenrnn(arrays: HDF5Arrays, tokens: int | None) -> Assembled:
    """The network, whose window is 40. `tokens` is the size of its vocabulary, if known. Raises CheckpointError."""
    reader = _Reader(arrays)
    embedding = reader.read("embedding", 0, 2)
    if tokens not in (None, len(embedding)):
        raise CheckpointError(f"the network reads {len(embedding)} tokens and the vocabulary has {tokens}")
    cells, width = [], embedding.shape[1]
    for number in count(1):
        layer = f"rnn_{number}"
        if arrays.attributes(layer) is None:
            break
        if number > _LAYERS_AT_MOST:
            raise CheckpointError(f"it has more than {_LAYERS_AT_MOST} recurrent layers")
        kernel, recurrent, bias = reader.read(layer, 0, 2), reader.read(layer, 1, 2), reader.read(layer, 2, 1)
        units = len(recurrent)
        if (kernel.shape, recurrent.shape) != ((width, 4 * units), (units, 4 * units)) or len(bias) % (4 * units):
            raise CheckpointError(f"its layer {layer!r} isn't an LSTM that fits the layer below")
        if len(bias) == 8 * units:
            kernel, recurrent, bias = from_cudnn(kernel, recurrent, bias.reshape(2, -1))
        cells.append(LSTM(kernel, recurrent, bias.reshape(-1)[: 4 * units]))
        width = units
    total = embedding.shape[1] + sum(cell.hidden for cell in cells)
    attention, head, bias = reader.read("attention", 0, 2), reader.read("output", 0, 2), reader.read("output", 1, 1)
    if attention.shape != (total, 1) or head.shape != (total, len(embedding)) or len(bias) != len(embedding):
        raise CheckpointError("its attention or output doesn't fit its other layers")
    if len(embedding) * 4 * cells[0].hidden > MAX_TABLE:
        raise CheckpointError("its vocabulary times its first recurrent layer is too large")
    network = Network(
        cells[0].project(embedding), tuple(cells), Dense(head, bias, bounded=False), window=WINDOW,
        attention=Attention(embedding, np.ascontiguousarray(attention[:, 0])),
    )  # fmt: skip
    return Assembled(network, reader.parameters, WINDOW, windowed=True)


class _Reader:
    """Arrays by layer and number, whose shapes the file may choose within limits."""

    def __init__(self, arrays: HDF5Arrays) -> None:
        self._arrays = arrays
        self.parameters = 0

    def read(self, layer: str, index: int, rank: int) -> Array:
        names = (self._arrays.attributes(layer) or {}).get("weight_names", [])
        if any("forward" in name or "backward" in name for name in names):
            raise CheckpointError(
                "it was trained with rnn_bidirectional: it reads each text from its end as well, and when writing"
                " that end is not there yet"
            )
        path = f"{layer}/{names[index]}" if index < len(names) else ""
        shape = self._arrays.shape(path) if path else None
        if shape is None:
            raise CheckpointError(f"its layer {layer!r} lacks weights")
        if len(shape) != rank or not all(1 <= side <= MAX_SIZE for side in shape):
            raise CheckpointError(f"its layer {layer!r} has weights of an unexpected shape")
        self.parameters += int(np.prod(shape))
        if self.parameters > MAX_PARAMETERS:
            raise CheckpointError(f"it has more than {MAX_PARAMETERS // 1_000_000} million weights")
        return self._arrays.read(path, shape)

"""Reads a PyTorch stack of nn.Embedding (or one-hot), nn.LSTM, nn.GRU or nn.RNN, and nn.Linear from `.safetensors`,
recognised by the names and shapes of its tensors. No PyTorch is needed, and nothing is unpickled.

nn.RNN's tanh and relu look alike in a file: tanh is taken.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from charrnn_engine.checkpoints.assembled import Assembled
from charrnn_engine.checkpoints.limits import MAX_PARAMETERS, MAX_SIZE, MAX_TABLE, MAX_WEIGHTS_BYTES
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.cells import GRU, LSTM, Cell, SimpleRNN
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array

_MAX_HEADER_BYTES = 1_000_000
_TENSORS_AT_MOST = 1_000
_PIECE = 1 << 20  # numbers that are looked at at a time
_RECURRENT = re.compile(r"(.*?)(weight|bias)_(ih|hh)_l(\d+)$")
_KINDS = {4: "LSTM", 3: "GRU", 1: "RNN"}


def read_torch(path: Path, size: int, tokens: int | None) -> Assembled:
    """The network of a file of `size` bytes; `tokens` is its vocabulary's size, if known. Raises CheckpointError."""
    with path.open("rb") as file:
        header = int.from_bytes(file.read(8), "little")
    if header > _MAX_HEADER_BYTES or size > MAX_WEIGHTS_BYTES:
        raise CheckpointError("it is larger than a network needs to be")
    import safetensors

    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return _Stack(file, tokens).assembled()
    except (safetensors.SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        said = "".join(c if c.isprintable() else "?" for c in str(error))[:120]
        raise CheckpointError(f"it is not a readable .safetensors file ({said})") from None


class _Stack:
    """The tensors of a file, and the one way in which they make a network."""

    def __init__(self, file: Any, tokens: int | None) -> None:
        self._file, self._vocabulary = file, tokens
        names = list(file.keys())
        if len(names) > _TENSORS_AT_MOST:
            raise CheckpointError(f"it holds {len(names)} tensors; at most {_TENSORS_AT_MOST} are read")
        self._shapes = {name: tuple(file.get_slice(name).get_shape()) for name in names}
        self._parameters = 0
        for name, shape in self._shapes.items():
            if name.endswith("_reverse"):
                raise CheckpointError(
                    f"its tensor {shown(name)} is of a bidirectional layer: it reads each text from its end as well,"
                    " and when writing that end is not there yet"
                )
            if "weight_hr" in name or not shape or not all(1 <= side <= 4 * MAX_SIZE for side in shape):
                raise CheckpointError(f"its tensor {shown(name)} is of a kind that isn't read")
            self._parameters += int(np.prod(shape, dtype=object))
        if self._parameters > MAX_PARAMETERS:
            raise CheckpointError(f"it has more than {MAX_PARAMETERS // 1_000_000} million weights")

    def assembled(self) -> Assembled:
        layers = self._layers()
        others = [name for name in self._shapes if not _RECURRENT.match(name)]
        matrices = [name for name in others if len(self._shapes[name]) == 2]
        hidden = self._shapes[f"{layers[-1][0]}weight_hh_l{layers[-1][1]}"][1]
        width = self._shapes[f"{layers[0][0]}weight_ih_l{layers[0][1]}"][1]
        # A Linear has a bias, and reads the last hidden state; an Embedding has none and gives the first input.
        heads = [n for n in matrices if self._shapes[n][1] == hidden and n.replace("weight", "bias") in self._shapes]
        heads = heads or [name for name in matrices if self._shapes[name][1] == hidden][-1:]
        embeddings = [name for name in matrices if name not in heads and self._shapes[name][1] == width]
        known = {*heads, *embeddings, *(name.replace("weight", "bias") for name in heads)}
        odd = [name for name in others if name not in known]
        if len(heads) != 1 or len(embeddings) > 1 or odd:
            what = f"its tensor {shown(odd[0])} belongs to no such stack" if odd else "its layers are no such stack"
            raise CheckpointError(f"{what}: an Embedding or one-hot input, LSTM, GRU or RNN, and one Linear are read")
        kernel = self._read(heads[0]).T
        bias_name = heads[0].replace("weight", "bias")
        bias = self._read(bias_name) if bias_name in self._shapes else np.zeros(kernel.shape[1], np.float32)
        size = self._shapes[embeddings[0]][0] if embeddings else width
        columns = self._shapes[f"{layers[0][0]}weight_ih_l{layers[0][1]}"][0]
        if size != kernel.shape[1] or len(bias) != size or size * columns > MAX_TABLE:
            raise CheckpointError(f"it reads {size} tokens and scores {kernel.shape[1]}; the two must be the same")
        if self._vocabulary not in (None, size):
            raise CheckpointError(f"the network reads {size} tokens and the vocabulary has {self._vocabulary}")
        cells = [self._cell(*layer) for layer in layers]
        for below, above in pairwise(cells):
            if below.hidden != above.input_size:
                raise CheckpointError("its recurrent layers don't fit on one another")
        first = cells[0]
        table = self._read(embeddings[0]) if embeddings else None
        inputs = first.kernel + first.bias if table is None else first.project(table)
        head = Dense(np.ascontiguousarray(kernel), bias)
        return Assembled(Network(inputs, tuple(cells), head), self._parameters, table=table)

    def _layers(self) -> list[tuple[str, int]]:
        """Prefix and number of each recurrent layer, from below: lstm.*_l0, lstm.*_l1, or lstm1.*_l0, lstm2.*_l0."""
        found = {(m[1], int(m[4])) for m in map(_RECURRENT.match, self._shapes) if m and len(m[4]) < 4}
        matrices = [f"{prefix}weight_{way}_l{n}" for prefix, n in found for way in ("ih", "hh")]
        if not found or not all(len(self._shapes.get(name, ())) == 2 for name in matrices):
            raise CheckpointError("it holds no whole recurrent layer (weight_ih_l0, weight_hh_l0, …)")
        return sorted(found)

    def _cell(self, prefix: str, number: int) -> Cell:
        names = {key: f"{prefix}{key}_l{number}" for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        kernel, recurrent = (self._read(names[key]).T for key in ("weight_ih", "weight_hh"))
        units, columns = recurrent.shape
        kind = _KINDS.get(columns // units)
        if kernel.shape[1] != columns or columns % units or kind is None:
            raise CheckpointError(f"its layer {shown(prefix + str(number))} is not an LSTM, GRU or RNN")
        biases = [self._read(names[key]) if names[key] in self._shapes else np.zeros(columns, np.float32)
                  for key in ("bias_ih", "bias_hh")]  # fmt: skip
        if any(bias.shape != (columns,) for bias in biases):
            raise CheckpointError(f"its layer {shown(prefix + str(number))} has a bias of another size")
        if kind == "LSTM":  # gates i, f, g, o, as Keras has them
            return LSTM(kernel, recurrent, biases[0] + biases[1])
        if kind == "GRU":  # gates r, z, n; Keras has z, r, candidate
            kernel, recurrent, *biases = (_z_first(array, units) for array in (kernel, recurrent, *biases))
            return GRU(kernel, recurrent, np.stack(biases), True)
        return SimpleRNN(kernel, recurrent, biases[0] + biases[1])

    def _read(self, name: str) -> Array:
        part, shape = self._file.get_slice(name), self._shapes[name]
        kind = part.get_dtype()
        if kind not in ("F16", "F32", "F64"):
            raise CheckpointError(f"its tensor {shown(name)} is of type {shown(kind)}; F16, F32 or F64 is expected")
        # Looked through piece by piece, before memory is spent on it.
        rows = max(1, _PIECE // int(np.prod(shape[1:])))
        with np.errstate(over="ignore"):
            for start in range(0, shape[0], rows):
                if not np.isfinite(part[start : min(start + rows, shape[0])].astype(np.float32, copy=False)).all():
                    raise CheckpointError(f"its tensor {shown(name)} holds NaN or infinity")
        array: Array = self._file.get_tensor(name).astype(np.float32, copy=False)
        return array


def _z_first(array: Array, units: int) -> Array:
    """Swaps the first two gates, (..., 3H)."""
    return np.concatenate([array[..., units : 2 * units], array[..., :units], array[..., 2 * units :]], axis=-1)

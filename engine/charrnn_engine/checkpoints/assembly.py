"""Makes a network of a chain of Keras layers and their weights, checking everything before anything is made. Knows no
file formats.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from charrnn_engine.checkpoints.assembled import Assembled, WeightSource
from charrnn_engine.checkpoints.keras_config import IGNORED, LOOKUPS, RECURRENT, Layer
from charrnn_engine.checkpoints.layer_settings import (
    activation,
    check_shape_kept,
    count,
    dense_config,
    is_dense,
    length,
    misplaced,
    over_last_axis,
    target_shape,
)
from charrnn_engine.checkpoints.limits import MAX_PARAMETERS, MAX_TABLE
from charrnn_engine.checkpoints.normalisation import Affine, LayerNorm, read_normalisation
from charrnn_engine.checkpoints.recurrent_weights import read_recurrent
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.activations import Activation, named_activations
from charrnn_engine.network.cells import GRU, LSTM, Cell, SimpleRNN
from charrnn_engine.network.general_cells import (
    StatelessLayer,
    activation_layer,
    dense_layer,
    layer_normalization,
    scaling_layer,
)
from charrnn_engine.network.head import Dense
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array


class Assembly:
    """Takes a chain of layers from input to output. `keras_major` is the version whose activations are meant."""

    def __init__(self, source: WeightSource, keras_major: int = 3) -> None:
        self._source = source
        self._keras_major = keras_major
        self._activations = named_activations(keras_major)
        self._parameters = 0
        self._tokens: int | None = None  # that it reads; unknown until the input or the Embedding is met
        self._width: int | None = None  # of what comes from below
        self._length: int | None = None  # of the sequence, if it is fixed
        self._table: Array | None = None  # a vector per token, (V, width); None while tokens are one-hot
        self._embeddings: Array | None = None  # the same as it was read, if an Embedding was
        self._affine: Affine | None = None  # a BatchNormalization that the next kernel takes over
        self._cells: list[Callable[[], Cell]] = []
        self._first_columns = 0
        self._last_only = self._stateful = self._normalised = self._masks_padding = False
        self._dense: tuple[Layer, Array, Array, str] | None = None  # the head, unless more layers follow
        self._lookup: Layer | None = None

    def network(self, layers: list[Layer], tokens: int | None = None) -> Assembled:
        """The network. `tokens` is the size of its vocabulary if that is known: a network of another size is then
        refused before memory is spent on it. Raises CheckpointError.
        """
        heads = [count(layer, "units", dense_config(layer).get("units")) for layer in layers if is_dense(layer)]
        self._outputs = heads[-1] if heads else None
        for layer in layers:
            self._take(layer)
        if not self._cells or self._dense is None or self._tokens is None:
            raise CheckpointError("it needs at least one recurrent layer and a Dense head")
        head, kernel, bias, name = self._dense
        if name != "linear":
            raise CheckpointError(
                f"its layer {shown(head.name)} has the activation {shown(name)}; the head must give softmax or logits"
            )
        if self._table is not None and self._tokens * self._first_columns > MAX_TABLE:
            raise CheckpointError("its vocabulary times its first recurrent layer is too large")
        for what, size in (("reads", self._tokens), ("scores", len(bias))):
            if tokens is not None and size != tokens:
                raise CheckpointError(
                    f"the network {what} {size} tokens and the vocabulary has {tokens};"
                    " vocabulary.json belongs to another model"
                )
        cells = []
        while self._cells:
            cells.append(self._cells.pop(0)())  # lets the original arrays be freed
        first, bounded = cells[0], isinstance(cells[-1], LSTM | GRU | SimpleRNN)
        # Without a table it is `project` of the identity matrix, which can be too large to make.
        with np.errstate(all="ignore"):  # absurd weights overflow here; CharRNN refuses them by name
            inputs = first.kernel + first.bias if self._table is None else first.project(self._table)
        network = Network(inputs, tuple(cells), Dense(kernel, bias, bounded), self._masks_padding)
        windowed = self._last_only and not self._stateful
        window = self._length if windowed else None
        return Assembled(network, self._parameters, window, windowed, self._lookup, tuple(layers), self._embeddings)

    def _take(self, layer: Layer) -> None:
        kind = layer.kind
        if kind in IGNORED:
            return
        if kind in LOOKUPS:
            if self._lookup is not None or self._width is not None or self._cells:
                raise misplaced(layer)
            self._lookup = layer
            self._length = length(layer.config.get("output_sequence_length")) or self._length
        elif kind == "InputLayer":
            self._input(layer)
        elif kind == "Embedding":
            self._embed(layer)
        elif kind in RECURRENT:
            self._recurrent(layer)
        elif kind in ("Dense", "TimeDistributed"):
            self._add_dense(layer)
        elif kind in ("Softmax", "Activation"):
            self._activate(layer)
        elif kind in ("Reshape", "Flatten"):
            self._reshape(layer)
        else:
            self._normalise(layer)

    # -- the input ---------------------------------------------------------------------------------------------------

    def _input(self, layer: Layer) -> None:
        shape = layer.config.get("batch_shape", layer.config.get("batch_input_shape"))
        if not isinstance(shape, list) or len(shape) not in (1, 2, 3):
            raise CheckpointError(f"its input has the shape {shown(shape)}; ids or one-hot rows are expected")
        self._length = length(shape[1]) if len(shape) > 1 else None
        if len(shape) == 3:
            self._width = count(layer, "the input's width", shape[2])
            self._take_one_hot_or_scaled(layer)

    def _take_one_hot_or_scaled(self, layer: Layer) -> None:
        if self._width != 1:
            self._tokens = self._width
        elif self._outputs is not None:  # the id divided by the size of the vocabulary
            self._tokens = self._outputs
            self._table = (np.arange(self._tokens, dtype=np.float32) / np.float32(self._tokens))[:, None]

    def _embed(self, layer: Layer) -> None:
        if self._cells or self._width is not None:
            raise misplaced(layer)
        rows, width = (count(layer, key, layer.config.get(key)) for key in ("input_dim", "output_dim"))
        self._table = self._embeddings = self._read(layer, 0, (rows, width))
        self._tokens, self._width = rows, width
        self._length = length(layer.config.get("input_length")) or self._length
        self._masks_padding = layer.config.get("mask_zero") is True

    def _reshape(self, layer: Layer) -> None:
        if self._width is None and self._lookup is None and target_shape(layer)[1:] == [1]:
            self._width = 1
            self._take_one_hot_or_scaled(layer)
        else:
            check_shape_kept(layer, self._width, self._last_only)

    # -- layers ------------------------------------------------------------------------------------------------------

    def _recurrent(self, layer: Layer) -> None:
        if self._last_only or self._normalised:
            raise misplaced(layer)
        if self._width is None:
            raise CheckpointError(f"its layer {shown(layer.name)} comes before any Embedding or one-hot input")
        self._dense_becomes_hidden()
        weights = read_recurrent(layer, self._width, self._read, self._keras_major)
        if self._affine is not None:
            weights.kernel, weights.bias = self._affine.fold(weights.kernel, weights.bias)
            self._affine = None
        self._cells.append(weights.maker(layer, self._activations))
        self._last_only = layer.config.get("return_sequences", False) is not True
        self._stateful |= layer.config.get("stateful") is True
        self._first_columns = self._first_columns or weights.kernel.shape[1]
        self._width = len(weights.recurrent)

    def _add_dense(self, layer: Layer) -> None:
        if self._width is None or self._normalised:
            raise misplaced(layer)
        config, part = dense_config(layer), "layer" if layer.kind == "TimeDistributed" else ""
        self._dense_becomes_hidden()
        units = count(layer, "units", config.get("units"))
        kernel = self._read(layer, 0, (self._width, units), part)
        bias = self._read(layer, 1, (units,), part) if config.get("use_bias", True) else np.zeros(units, np.float32)
        if self._affine is not None:
            kernel, bias = self._affine.fold(kernel, bias)
            self._affine = None
        name = config.get("activation") or "linear"
        if name == "softmax":
            name, self._normalised = "linear", True
        function = self._function(layer, name)
        if not self._cells and (self._tokens or 0) * units > MAX_TABLE:
            raise CheckpointError(f"its vocabulary times its layer {shown(layer.name)} is too large")
        if self._cells:
            self._dense = layer, kernel, bias, str(name)
        else:  # in front of the recurrent layers: of one-hot rows it makes a table
            projected = kernel + bias if self._table is None else self._table @ kernel + bias
            self._table = function(projected)
        self._width = units

    def _function(self, layer: Layer, name: Any) -> Activation:
        return activation(layer, "activation", name, self._activations)

    def _activate(self, layer: Layer) -> None:
        name = layer.config.get("activation", "softmax" if layer.kind == "Softmax" else None)
        if name == "linear":
            return
        if name == "softmax":
            if self._dense is None or self._normalised or self._dense[3] != "linear":
                raise misplaced(layer)
            over_last_axis(layer, *([1] if self._last_only else []))
            self._normalised = True
            return
        function = self._function(layer, name)
        self._between(layer, lambda width: activation_layer(width, function))

    def _normalise(self, layer: Layer) -> None:
        if self._width is None or self._normalised:
            raise misplaced(layer)
        over_last_axis(layer, *([1, [1]] if self._last_only else []))
        found = read_normalisation(layer, self._width, self._read)
        if isinstance(found, LayerNorm):
            self._between(layer, lambda width: layer_normalization(found.gamma, found.beta, found.epsilon))
            return
        if self._affine is not None:
            raise misplaced(layer)
        self._dense_becomes_hidden()
        self._affine = found

    def _between(self, layer: Layer, make: Callable[[int], StatelessLayer]) -> None:
        """Adds a layer without a state, or applies it to the table in front of the recurrent layers."""
        if self._width is None or self._normalised or (self._table is None and not self._cells):
            raise misplaced(layer)
        self._dense_becomes_hidden()
        width, layers = self._width, [make]
        if self._affine is not None:
            layers.insert(0, partial(scaling_layer, self._affine.scale, self._affine.shift))
            self._affine = None
        for made in layers:
            if self._cells:
                self._cells.append(partial(made, width))
            elif self._table is not None:
                self._table = made(width).project(self._table)

    def _dense_becomes_hidden(self) -> None:
        """The Dense layer that could have been the head turns out to have layers above it."""
        if self._dense is not None:
            _, kernel, bias, name = self._dense
            self._cells.append(partial(dense_layer, kernel, bias, self._activations[name]))
            self._dense = None

    def _read(self, layer: Layer, index: int, shape: tuple[int, ...], part: str = "") -> Array:
        # Compressed, a small file could declare any size.
        self._parameters += math.prod(shape)
        if self._parameters > MAX_PARAMETERS:
            raise CheckpointError(f"it has more than {MAX_PARAMETERS // 1_000_000} million weights")
        return self._source.read(layer, index, shape, part)

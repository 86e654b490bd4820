"""Opens a Keras 3 `.keras` archive as a Network by walking its JSON and HDF5 against a short list of known layers.

Nothing in the archive is executed or unpickled, and Keras is not needed. What isn't on the list is refused by
name. The format: https://keras.io/guides/serialization_and_saving/ (config.json, model.weights.h5).
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from charrnn_engine.checkpoints.hdf5_arrays import Weights
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.zip_members import ZipMembers
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.layers import GRU, LSTM, Cell, Dense, SimpleRNN
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array

MAX_CONFIG_BYTES = 2_000_000
MAX_WEIGHTS_BYTES = 512_000_000
"""Of model.weights.h5, which is read from the disk: with an optimizer's state it is several times the network."""
MAX_PACKED_BYTES = 64_000_000
"""Of one that was deflated, which Keras doesn't do: it is unpacked in memory."""
MAX_PARAMETERS = 48_000_000
MAX_TABLE = MAX_PARAMETERS
"""Most floats of the table that an Embedding and the first layer's kernel are multiplied out to."""
MAX_LAYERS = 64
MAX_SIZE = 65_536
"""Most units of a layer, or tokens of a vocabulary."""

_PASS_THROUGH = {
    "Masking", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
    "ActivityRegularization",
}  # fmt: skip
_RECURRENT = {"LSTM", "GRU", "SimpleRNN"}
_SOFTMAX = {"Softmax", "Activation"}
_KNOWN = {"InputLayer", "Embedding", "Dense", "TimeDistributed"} | _PASS_THROUGH | _RECURRENT | _SOFTMAX
# Keras writes the operations that compute a mask into a functional model's list of layers.
_MASK_OPERATIONS = {"NotEqual", "Any"}


@dataclass(frozen=True)
class Layer:
    """One layer of the config. `path` is where its weights stand in the HDF5 file."""

    kind: str
    name: str
    config: dict[str, Any]
    path: str
    below: tuple[str, ...] = ()
    """Names of the layers that it takes its input from; functional models only."""


def read_network(path: Path, tokens: int | None = None) -> tuple[Network, int]:
    """The network of a `.keras` file and the number of its parameters. `tokens` is the size of its vocabulary, where
    that is known: a network that doesn't fit is then refused before memory is spent on it.

    Raises CheckpointError, whose message begins with the file's name, for anything but a readable archive of a
    single chain of known layers with weights of the right shapes.
    """
    with _named(path), ZipMembers(path) as archive:
        layers = _chain(_config(archive))
        weights = archive.open("model.weights.h5", MAX_WEIGHTS_BYTES, MAX_PACKED_BYTES)
        return _Assembly(Weights(*weights)).network(layers, tokens)


def head_arrays(path: Path) -> list[str]:
    """Where in the archive's HDF5 file the kernel and, where it has one, the bias of the Dense head stand.

    Raises what `read_network` raises.
    """
    with _named(path), ZipMembers(path) as archive:
        heads = [layer for layer in _chain(_config(archive)) if layer.kind in ("Dense", "TimeDistributed")]
    if len(heads) != 1:
        raise CheckpointError(f"{path}: it has {len(heads)} Dense layers; one head is expected")
    (head,) = heads
    dense = head.config["layer"]["config"] if head.kind == "TimeDistributed" else head.config
    group = f"{head.path}/layer/vars" if head.kind == "TimeDistributed" else f"{head.path}/vars"
    return [f"{group}/{number}" for number in range(2 if dense.get("use_bias", True) else 1)]


def _config(archive: ZipMembers) -> dict[str, Any]:
    """config.json, parsed."""
    try:
        config = parse_json(archive.read("config.json", MAX_CONFIG_BYTES))
    except ValueError:
        raise CheckpointError("its config.json is not readable JSON") from None
    if not isinstance(config, dict):
        raise CheckpointError("its config.json is not a JSON object")
    return config


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Puts the file's name in front of what is said of it."""
    try:
        yield
    except CheckpointError as error:
        hint = ""
        if "not a readable .keras" in str(error) and _is_hdf5(path):
            hint = "; an older HDF5 model? save it again with Keras 3 as .keras"
        raise CheckpointError(f"{path}: {error}{hint}") from None


def _is_hdf5(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8) == b"\x89HDF\r\n\x1a\n"
    except OSError:
        return False


def _chain(model: dict[str, Any]) -> list[Layer]:
    """The layers of a Sequential or single-path functional model, from input to output."""
    kind, config = model.get("class_name"), model.get("config")
    if kind not in ("Sequential", "Functional", "Model") or not isinstance(config, dict):
        raise CheckpointError(f"it is a {shown(kind)}; a Sequential or functional Keras model is expected")
    entries = config.get("layers")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CheckpointError("its config.json lists no layers")
    if len(entries) > MAX_LAYERS:
        raise CheckpointError(f"it has {len(entries)} layers; at most {MAX_LAYERS} are read")
    counts: dict[str, int] = {}
    layers = [_layer(entry, counts) for entry in entries if not _computes_mask(entry)]
    if kind != "Sequential":
        layers = _path(layers, config)
    for layer in layers:
        if layer.kind not in _KNOWN:
            raise CheckpointError(
                f"its layer {shown(layer.name)} is a {shown(layer.kind)}, which charrnn-tui doesn't run;"
                " known are Masking, Embedding, SimpleRNN, LSTM, GRU, Dropout and Dense"
            )
    return layers


def _computes_mask(entry: dict[str, Any]) -> bool:
    module = entry.get("module")
    operation = isinstance(module, str) and module.startswith("keras.src.ops.")
    return operation and str(entry.get("class_name")) in _MASK_OPERATIONS


def _layer(entry: dict[str, Any], counts: dict[str, int]) -> Layer:
    kind, config = entry.get("class_name"), entry.get("config")
    if not isinstance(kind, str) or not isinstance(config, dict):
        raise CheckpointError("its config.json has a layer without class_name or config")
    name = config.get("name", kind)
    registered, module = entry.get("registered_name"), entry.get("module")
    if registered not in (None, kind) or not str(module).startswith("keras"):
        raise CheckpointError(
            f"its layer {shown(name)} is the custom class {shown(registered or kind)}; only Keras' own are read"
        )
    if kind in _RECURRENT | {"Dense", "Embedding"} and "quantization_mode" in _dtype_policy(config):
        raise CheckpointError(f"its layer {shown(name)} is quantized; save the model with float weights")
    # Keras names the groups in the weights file by class and count, not by the layer's name.
    snake = _snake_case(kind)
    count = counts.get(snake, 0)
    counts[snake] = count + 1
    below = tuple(_sources(entry.get("inbound_nodes")))
    return Layer(kind, str(name), config, f"layers/{snake}" + (f"_{count}" if count else ""), below)


def _dtype_policy(config: dict[str, Any]) -> dict[str, Any]:
    dtype = config.get("dtype")
    inner = dtype.get("config") if isinstance(dtype, dict) else None
    return inner if isinstance(inner, dict) else {}


def _snake_case(name: str) -> str:
    """As `keras.src.utils.naming.to_snake_case`, which names the groups."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _sources(nodes: Any) -> list[str]:
    """Names of the layers whose outputs stand in the positional arguments of a layer's calls."""
    if nodes is None:
        return []
    if not isinstance(nodes, list) or len(nodes) > 1:
        raise CheckpointError("it uses a layer more than once; only a single chain of layers is read")
    found = []
    for node in nodes:
        args = node.get("args") if isinstance(node, dict) else None
        for arg in args if isinstance(args, list) else [None]:
            history = arg.get("config", {}) if isinstance(arg, dict) else None
            history = history.get("keras_history") if isinstance(history, dict) else None
            if not isinstance(history, list) or not history or not isinstance(history[0], str):
                raise CheckpointError("its layers aren't a single chain")
            found.append(history[0])
    return found


def _path(layers: list[Layer], config: dict[str, Any]) -> list[Layer]:
    """The one path from the input to the output of a functional model."""
    by_name = {layer.name: layer for layer in layers}
    ends = [config.get("input_layers"), config.get("output_layers")]
    names = []
    for end in ends:
        while isinstance(end, list) and len(end) == 1:
            end = end[0]
        if not isinstance(end, list) or not end or not isinstance(end[0], str):
            raise CheckpointError("it has more than one input or output; a single chain of layers is expected")
        names.append(end[0])
    path: list[Layer] = []
    name = names[1]
    while True:
        layer = by_name.get(name)
        if layer is None or layer in path:
            raise CheckpointError("its layers aren't a single chain from the input to the output")
        path.append(layer)
        if name == names[0]:
            break
        if len(layer.below) != 1:
            raise CheckpointError(f"its layer {shown(name)} doesn't have exactly one input")
        name = layer.below[0]
    if len(path) != len(layers):
        left = next(layer.name for layer in layers if layer not in path)
        raise CheckpointError(f"its layer {shown(left)} lies off the path; a single chain is expected")
    return path[::-1]


class _Assembly:
    """Reads the weights layer by layer: first the input table, then cells, then the head. Everything is checked
    before anything is made of it.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._inputs: int | None = None  # tokens that it reads, until the input is met
        self._size: int | None = None  # width of what comes from below
        self._embedding: Array | None = None
        self._first_columns = 0
        self._cells: list[Callable[[], Cell]] = []
        self._head: Dense | None = None
        self._normalised = False
        self._parameters = 0

    def network(self, layers: list[Layer], tokens: int | None) -> tuple[Network, int]:
        makers: dict[str, Callable[[Layer], None]] = {
            "InputLayer": self._input, "Embedding": self._embed,
            "Dense": self._dense, "TimeDistributed": self._time_distributed,
            "Softmax": self._softmax, "Activation": self._softmax,
        }  # fmt: skip
        for layer in layers:
            if layer.kind in _RECURRENT:
                self._recurrent(layer)
            elif layer.kind not in _PASS_THROUGH:
                makers[layer.kind](layer)
        if not self._cells or self._head is None or self._inputs is None:
            raise CheckpointError("it needs at least one recurrent layer and a Dense head")
        if self._embedding is not None and self._inputs * self._first_columns > MAX_TABLE:
            raise CheckpointError("its vocabulary times its first recurrent layer is too large")
        for what, size in (("reads", self._inputs), ("scores", len(self._head.bias))):
            if tokens is not None and size != tokens:
                raise CheckpointError(
                    f"the network {what} {size} tokens and the vocabulary has {tokens};"
                    " vocabulary.json belongs to another model"
                )
        cells = []
        while self._cells:
            cells.append(self._cells.pop(0)())  # what it was made of can go
        first = cells[0]
        # The first is as `project` of the identity matrix, which can be too large to make.
        inputs = first.kernel + first.bias if self._embedding is None else first.project(self._embedding)
        return Network(inputs, tuple(cells), self._head), self._parameters

    def _read(self, path: str, shape: tuple[int, ...]) -> Array:
        # Compressed, a small file could declare any size.
        self._parameters += math.prod(shape)
        if self._parameters > MAX_PARAMETERS:
            raise CheckpointError(f"it has more than {MAX_PARAMETERS // 1_000_000} million weights")
        return self._weights.read(path, shape)

    def _input(self, layer: Layer) -> None:
        shape = layer.config.get("batch_shape")
        if not isinstance(shape, list) or len(shape) not in (2, 3):
            raise CheckpointError(f"its input has the shape {shown(shape)}; ids or one-hot rows are expected")
        if len(shape) == 3:
            self._size = self._inputs = _count(layer, "the input's width", shape[2])

    def _embed(self, layer: Layer) -> None:
        if self._cells or self._head or self._embedding is not None or self._size is not None:
            raise _misplaced(layer)
        rows, width = (_count(layer, key, layer.config.get(key)) for key in ("input_dim", "output_dim"))
        self._embedding = self._read(f"{layer.path}/vars/0", (rows, width))
        self._inputs, self._size = rows, width

    def _recurrent(self, layer: Layer) -> None:
        config = layer.config
        if self._head is not None:
            raise _misplaced(layer)
        for key, wanted in (
            ("return_sequences", True), ("return_state", False), ("go_backwards", False), ("activation", "tanh"),
            *((("recurrent_activation", "sigmoid"),) if layer.kind != "SimpleRNN" else ()),
        ):  # fmt: skip
            if config.get(key, wanted) != wanted or (key == "return_sequences" and key not in config):
                raise CheckpointError(
                    f"its layer {shown(layer.name)} has {key}={shown(config.get(key))}; only {key}={wanted!r} is run"
                )
        if self._size is None:
            raise CheckpointError(f"its layer {shown(layer.name)} comes before any Embedding or one-hot input")
        units, vars_ = _count(layer, "units", config.get("units")), f"{layer.path}/cell/vars"
        columns = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}[layer.kind] * units
        reset_after = bool(config.get("reset_after", True)) and layer.kind == "GRU"
        kernel = self._read(f"{vars_}/0", (self._size, columns))
        recurrent = self._read(f"{vars_}/1", (units, columns))
        bias = None
        if config.get("use_bias", True):
            bias = self._read(f"{vars_}/2", (2, columns) if reset_after else (columns,))
        if layer.kind == "LSTM":
            self._cells.append(partial(LSTM, kernel, recurrent, bias))
        elif layer.kind == "GRU":
            self._cells.append(partial(GRU, kernel, recurrent, bias, reset_after))
        else:
            self._cells.append(partial(SimpleRNN, kernel, recurrent, bias))
        self._first_columns = self._first_columns or columns
        self._size = units

    def _dense(self, layer: Layer) -> None:
        if self._head is not None or not self._cells or self._size is None:
            raise _misplaced(layer)
        activation = layer.config.get("activation", "linear")
        if activation not in ("softmax", "linear", None):
            raise CheckpointError(
                f"its layer {shown(layer.name)} has the activation {shown(activation)};"
                " the head must give softmax or logits"
            )
        units = _count(layer, "units", layer.config.get("units"))
        kernel = self._read(f"{layer.path}/vars/0", (self._size, units))
        bias = np.zeros(units, np.float32)
        if layer.config.get("use_bias", True):
            bias = self._read(f"{layer.path}/vars/1", (units,))
        self._head = Dense(kernel, bias)
        self._normalised = activation == "softmax"

    def _time_distributed(self, layer: Layer) -> None:
        inner = layer.config.get("layer")
        if not isinstance(inner, dict) or inner.get("class_name") != "Dense":
            raise CheckpointError(f"its layer {shown(layer.name)} wraps something other than a Dense")
        wrapped = _layer(inner, {})
        self._dense(Layer("Dense", layer.name, wrapped.config, f"{layer.path}/layer"))

    def _softmax(self, layer: Layer) -> None:
        activation = layer.config.get("activation", "softmax" if layer.kind == "Softmax" else None)
        if activation == "linear":
            return
        if self._head is None or self._normalised or activation != "softmax":
            raise _misplaced(layer)
        if layer.config.get("axis", -1) not in (-1, 2):
            raise CheckpointError(f"its layer {shown(layer.name)} normalises over an axis other than the last")
        self._normalised = True


def _count(layer: Layer, key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_SIZE:
        raise CheckpointError(f"its layer {shown(layer.name)} has {key}={shown(value)}; 1 to {MAX_SIZE:,} is read")
    return value


def _misplaced(layer: Layer) -> CheckpointError:
    return CheckpointError(
        f"its layer {shown(layer.name)} ({layer.kind}) stands where it can't run;"
        " expected are an input, recurrent layers and one Dense head"
    )

"""Reads the configuration of a Keras 2 or 3 model as a chain of layers from input to output. Knows no weights.

Nothing in it is executed: what isn't on a short list of layers is refused by name.
"""

import re
from dataclasses import dataclass
from typing import Any

from charrnn_engine.checkpoints.limits import MAX_LAYERS
from charrnn_engine.errors import CheckpointError, shown

RECURRENT = {"LSTM", "GRU", "SimpleRNN", "CuDNNLSTM", "CuDNNGRU"}
IGNORED = {
    "Masking", "Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout",
    "ActivityRegularization",
}  # fmt: skip
LOOKUPS = {"StringLookup", "TextVectorization"}
_OTHERS = {
    "InputLayer", "Embedding", "Dense", "TimeDistributed", "Softmax", "Activation", "Reshape", "Flatten",
    "BatchNormalization", "BatchNormalizationV1", "LayerNormalization",
}  # fmt: skip
_KNOWN = RECURRENT | IGNORED | LOOKUPS | _OTHERS
# Keras lists the operations that compute a mask among the layers of a functional model.
_MASK_OPERATIONS = {"NotEqual", "Any"}


@dataclass(frozen=True)
class Layer:
    """One layer. `group` is the name of its weights in a .keras archive; HDF5 models go by its `name`."""

    kind: str
    name: str
    config: dict[str, Any]
    group: str
    below: tuple[str, ...] = ()
    """Names of the layers that it takes its input from; functional models only."""


def layer_chain(model: object) -> list[Layer]:
    """The layers of a Sequential or single-path functional model; the first one is always an InputLayer.

    Raises CheckpointError for anything else.
    """
    if not isinstance(model, dict):
        raise CheckpointError("its configuration is not a JSON object")
    kind, config = model.get("class_name"), model.get("config")
    if isinstance(config, list):  # of a Sequential model before Keras 2.2.3
        config = {"layers": config}
    if kind not in ("Sequential", "Functional", "Model") or not isinstance(config, dict):
        raise CheckpointError(f"it is a {shown(kind)}; a Sequential or functional Keras model is expected")
    entries = config.get("layers")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CheckpointError("its configuration lists no layers")
    if len(entries) > MAX_LAYERS:
        raise CheckpointError(f"it has {len(entries)} layers; at most {MAX_LAYERS} are read")
    counts: dict[str, int] = {}
    layers = [parse_layer(entry, counts) for entry in entries if not _computes_mask(entry)]
    if kind != "Sequential":
        layers = _path(layers, config)
    for layer in layers:
        if layer.kind == "Bidirectional":
            raise CheckpointError(
                f"its layer {shown(layer.name)} is Bidirectional: it reads each text from its end as well, and when"
                " writing that end is not there yet"
            )
        if layer.kind not in _KNOWN:
            raise CheckpointError(
                f"its layer {shown(layer.name)} is a {shown(layer.kind)}, which charrnn-tui doesn't run;"
                " it runs Embedding, SimpleRNN, LSTM, GRU, Dense, normalisation and dropout"
            )
    if layers and layers[0].kind != "InputLayer":  # Keras 2 leaves it out of Sequential models
        first = layers[0].config
        shape = first.get("batch_input_shape", [None, first.get("input_length")])
        layers.insert(0, Layer("InputLayer", "input", {"batch_shape": shape}, ""))
    return layers


def parse_layer(entry: dict[str, Any], counts: dict[str, int]) -> Layer:
    """A layer's entry in the configuration; `counts`: how many of each class came before. Raises CheckpointError."""
    kind, config = entry.get("class_name"), entry.get("config")
    if not isinstance(kind, str) or not isinstance(config, dict):
        raise CheckpointError("its configuration has a layer without class_name or config")
    name = config.get("name", kind)
    registered, module = entry.get("registered_name"), entry.get("module", "keras")  # Keras 2 writes neither
    if registered not in (None, kind) or not str(module).startswith("keras"):
        raise CheckpointError(
            f"its layer {shown(name)} is the custom class {shown(registered or kind)}; only Keras' own are read"
        )
    if kind in RECURRENT | {"Dense", "Embedding"} and "quantization_mode" in _dtype_policy(config):
        raise CheckpointError(f"its layer {shown(name)} is quantized; save the model with float weights")
    # A .keras archive names the groups of weights by class and count, not by the layer's name.
    snake = _snake_case(kind)
    count = counts.get(snake, 0)
    counts[snake] = count + 1
    below = tuple(_sources(entry.get("inbound_nodes")))
    return Layer(kind, str(name), config, snake + (f"_{count}" if count else ""), below)


def _computes_mask(entry: dict[str, Any]) -> bool:
    module = entry.get("module")
    operation = isinstance(module, str) and module.startswith("keras.src.ops.")
    return operation and str(entry.get("class_name")) in _MASK_OPERATIONS


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
    """Names of the layers whose outputs are the positional arguments of a layer's one call."""
    if nodes is None:
        return []
    if not isinstance(nodes, list) or len(nodes) > 1:
        raise CheckpointError("it uses a layer more than once; only a single chain of layers is read")
    found = []
    for node in nodes:
        args = node.get("args") if isinstance(node, dict) else node  # Keras 2: [[name, node, tensor, arguments], …]
        for arg in args if isinstance(args, list) else [None]:
            history = arg.get("config", {}) if isinstance(arg, dict) else arg
            history = history.get("keras_history") if isinstance(history, dict) else history
            if not isinstance(history, list) or not history or not isinstance(history[0], str):
                raise CheckpointError("its layers aren't a single chain")
            found.append(history[0])
    return found


def _path(layers: list[Layer], config: dict[str, Any]) -> list[Layer]:
    """The one path from the input to the output of a functional model."""
    by_name = {layer.name: layer for layer in layers}
    names = []
    for end in (config.get("input_layers"), config.get("output_layers")):
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
            raise CheckpointError(f"its layer {shown(layer.name)} doesn't have exactly one input")
        name = layer.below[0]
    if len(path) != len(layers):
        left = next(layer.name for layer in layers if layer not in path)
        raise CheckpointError(f"its layer {shown(left)} lies off the path; a single chain is expected")
    return path[::-1]

"""Reads a network from a file of any kind that is known: Keras' `.keras` archive, a whole model in HDF5 (`.h5`,
`.hdf5`), textgenrnn's weights, or PyTorch's tensors in `.safetensors`. The file's first bytes say which it is.

Nothing in a file is executed or unpickled, and Keras isn't needed. The formats:
https://keras.io/guides/serialization_and_saving/ and https://github.com/huggingface/safetensors.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.assembled import Assembled
from charrnn_engine.checkpoints.assembly import Assembly
from charrnn_engine.checkpoints.files import named, open_regular
from charrnn_engine.checkpoints.hdf5_arrays import HDF5Arrays
from charrnn_engine.checkpoints.hdf5_file import SIGNATURE
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.keras_config import Layer, layer_chain
from charrnn_engine.checkpoints.layer_settings import dense_config, is_dense
from charrnn_engine.checkpoints.limits import MAX_CONFIG_BYTES, MAX_PACKED_BYTES, MAX_WEIGHTS_BYTES
from charrnn_engine.checkpoints.textgenrnn import is_textgenrnn, read_textgenrnn
from charrnn_engine.checkpoints.torch_tensors import read_torch
from charrnn_engine.checkpoints.zip_members import ZipMembers
from charrnn_engine.errors import CheckpointError
from charrnn_engine.network.model import Network
from charrnn_engine.network.products import Array

_PICKLED = (
    "it is a Python pickle, which could run anything when it is opened; where PyTorch is installed, convert it with:"
    " import torch, safetensors.torch;"
    " safetensors.torch.save_file(torch.load('{name}', weights_only=True), 'model.safetensors')"
    " (append ['state_dict'] to the load if that is what it holds)"
)


@dataclass(frozen=True)
class ModelFile(Assembled):
    """What a file holds. `kind` is the format in words; `lookup_tokens` are those of a layer in front, by id."""

    kind: str = ""
    lookup_tokens: list[str] | None = field(default=None, repr=False)


def read_network(path: Path, tokens: int | None = None) -> tuple[Network, int]:
    """The network of a file and the number of its parameters; `tokens` and errors are those of `read_model`."""
    found = read_model(path, tokens)
    return found.network, found.parameters


def read_model(path: Path, tokens: int | None = None) -> ModelFile:
    """What a file holds. `tokens` is the size of its vocabulary if that is known: a network of another size is then
    refused before memory is spent on it.

    Raises CheckpointError, whose message begins with the file's name, for anything but a readable file of a single
    chain of known layers with weights of the right shapes.
    """
    with named(path):
        if (path / "saved_model.pb").is_file():
            raise CheckpointError(
                "it is a SavedModel, a program that TensorFlow would run; in your notebook save it as data:"
                " model.save('model.keras')"
            )
        with open_regular(path) as file:
            start, size = file.read(16), file.seek(0, 2)
            if start.startswith(SIGNATURE):
                if size > MAX_WEIGHTS_BYTES:
                    raise CheckpointError(f"it is larger than {MAX_WEIGHTS_BYTES // 1_000_000} MB")
                return _read_hdf5(HDF5Arrays(file, size), tokens)
        if start[8:9] == b"{" and int.from_bytes(start[:8], "little") < size:
            return ModelFile(**vars(read_torch(path, size, tokens)), kind="PyTorch tensors (.safetensors)")
        if start.startswith(b"\x80") or (start.startswith(b"PK") and _is_pickle(path)):
            raise CheckpointError(_PICKLED.format(name=path.name))
        with ZipMembers(path) as archive:
            return _read_archive(archive, tokens)


def head_arrays(path: Path) -> list[str]:
    """Where in a .keras archive's HDF5 file the kernel and, if it has one, the bias of the one Dense layer are.

    Raises what `read_model` raises.
    """
    with named(path), ZipMembers(path) as archive:
        heads = [layer for layer in layer_chain(_config(archive, "config.json")) if is_dense(layer)]
        if len(heads) != 1:
            raise CheckpointError(f"it has {len(heads)} Dense layers; one head is expected")
        part = "layer/" if heads[0].kind == "TimeDistributed" else ""
        arrays = 2 if dense_config(heads[0]).get("use_bias", True) else 1
        return [f"layers/{heads[0].group}/{part}vars/{number}" for number in range(arrays)]


# -- Keras 3's archive -----------------------------------------------------------------------------------------------


class _ArchiveWeights:
    """Weights by class and count, as in model.weights.h5."""

    def __init__(self, arrays: HDF5Arrays) -> None:
        self._arrays = arrays
        # Keras 2.12 and 2.13 wrote archives as well.
        older = "_layer_checkpoint_dependencies"
        is_older = arrays.attributes("layers") is None and arrays.attributes(older) is not None
        self._root = older if is_older else "layers"

    def read(self, layer: Layer, index: int, shape: tuple[int, ...], part: str = "") -> Array:
        way = f"{layer.group}/{part}" if part else layer.group
        return self._arrays.read(f"{self._root}/{way}/vars/{index}", shape)


def _read_archive(archive: ZipMembers, tokens: int | None) -> ModelFile:
    layers = layer_chain(_config(archive, "config.json"))
    file, size = archive.open("model.weights.h5", MAX_WEIGHTS_BYTES, MAX_PACKED_BYTES)
    metadata = _config(archive, "metadata.json") if "metadata.json" in archive.names else {}
    version = _major(metadata.get("keras_version"), 3)
    made = Assembly(_ArchiveWeights(HDF5Arrays(file, size)), version).network(layers, tokens)
    return ModelFile(**vars(made), kind="Keras archive (.keras)", lookup_tokens=_lookup_tokens(made.lookup, archive))


def _config(archive: ZipMembers, name: str) -> dict[str, Any]:
    """A JSON member of the archive, parsed."""
    try:
        config = parse_json(archive.read(name, MAX_CONFIG_BYTES))
    except ValueError:
        raise CheckpointError(f"its {name} is not readable JSON") from None
    if not isinstance(config, dict):
        raise CheckpointError(f"its {name} is not a JSON object")
    return config


def _is_pickle(path: Path) -> bool:
    """Whether it is what torch.save writes: a zip archive with a pickle in it."""
    with ZipMembers(path) as archive:
        return any(name.endswith("data.pkl") for name in archive.names)


# -- Keras 2's HDF5 --------------------------------------------------------------------------------------------------


class _NamedWeights:
    """Weights by the names that each layer's group lists, in the layer's own order."""

    def __init__(self, arrays: HDF5Arrays) -> None:
        self._arrays = arrays

    def read(self, layer: Layer, index: int, shape: tuple[int, ...], part: str = "") -> Array:
        group = f"model_weights/{layer.name}"
        names = string_list(self._arrays.attributes(group) or {}, "weight_names")
        if index >= len(names):
            raise CheckpointError(f"its layer {layer.name[:60]!r} has no weights number {index + 1}")
        return self._arrays.read(f"{group}/{names[index]}", shape)


def string_list(attributes: dict[str, str | list[str]], name: str) -> list[str]:
    """A list that Keras may have split over several attributes: name0, name1, …"""
    found: list[str] = []
    for key in [name] if name in attributes else [f"{name}{n}" for n in range(len(attributes))]:
        value = attributes.get(key, [])
        found += value if isinstance(value, list) else [value]
    return found


def _read_hdf5(arrays: HDF5Arrays, tokens: int | None) -> ModelFile:
    attributes = arrays.attributes("") or {}
    config = attributes.get("model_config")
    if config is None:
        if is_textgenrnn(string_list(attributes, "layer_names")):
            return ModelFile(**vars(read_textgenrnn(arrays, tokens)), kind="textgenrnn weights")
        raise CheckpointError("it holds weights without their model; save the whole with model.save(FILE)")
    try:
        if not isinstance(config, str) or len(config) > MAX_CONFIG_BYTES:
            raise ValueError
        model = parse_json(config.encode())
    except ValueError:
        raise CheckpointError("its model_config is not readable JSON") from None
    version = _major(attributes.get("keras_version"), 2)
    made = Assembly(_NamedWeights(arrays), version).network(layer_chain(model), tokens)
    return ModelFile(**vars(made), kind=f"Keras {version} model (.h5)", lookup_tokens=_lookup_tokens(made.lookup))


# -- both ------------------------------------------------------------------------------------------------------------


def _major(version: Any, otherwise: int) -> int:
    """The first number of a version such as "2.10.0-tf"."""
    first = version.split(".")[0] if isinstance(version, str) else ""
    return int(first) if first in ("1", "2", "3") else otherwise


def _lookup_tokens(layer: Layer | None, archive: ZipMembers | None = None) -> list[str] | None:
    """The tokens by id of a StringLookup or TextVectorization: in its configuration, or beside it in the archive."""
    if layer is None:
        return None
    config, vectorizes = layer.config, layer.kind == "TextVectorization"
    listed = config.get("vocabulary")
    if not isinstance(listed, list) and archive is not None:
        asset = f"assets/layers/{layer.group}/vocabulary.txt"
        if asset in archive.names:
            listed = archive.read(asset, MAX_CONFIG_BYTES).decode("utf-8", "replace").split("\n")
    if not isinstance(listed, list) or not all(isinstance(token, str) for token in listed):
        raise CheckpointError(f"its layer {layer.name[:60]!r} has lost its vocabulary; name one with --vocabulary")
    mask = "" if vectorizes else config.get("mask_token")
    unknown = "[UNK]" if vectorizes else config.get("oov_token", "[UNK]")
    extra = 1 if vectorizes else config.get("num_oov_indices", 1)
    special = ([mask] if mask is not None else []) + [unknown] * (extra if extra in range(3) else 0)
    return listed if listed[: len(special)] == special else [*special, *listed]

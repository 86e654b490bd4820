"""Checkpoints for tests, written without Keras: `.keras` archives as Keras 3 lays them out, whole models in HDF5 as
Keras 2 and 3 do, textgenrnn's weights, and PyTorch's tensors.

`write_model` gives a network of random weights, `write_speller` one whose greedy text is known beforehand, and
`write_dice` one that scores every position alike. `network` gives the content, to be changed before it is saved.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from charrnn_engine.vocabulary import EOS, PAD, Vocabulary

CHARACTERS = "abcdefghijklmnopqrstuvwxyz .,'T"

_COLUMNS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
_GROUPS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}
_WEIGHT_NAMES = {"Embedding": ["embeddings"], "Dense": ["kernel", "bias"]}
HDF5_NAMINGS = {
    "2.0.4": "{layer}/{weight}:0",
    "2.10.0": "{layer}/{cell}{weight}:0",
    "3.15.1": "sequential/{layer}/{cell}{weight}",
}
"""How the versions of Keras name the weights of a model in HDF5."""


def characters(text: str = CHARACTERS, *, eos: bool = True) -> Vocabulary:
    """`<pad>`, `<eos>` and the characters of `text`, in that order."""
    return Vocabulary([PAD, *([EOS] if eos else []), *text], 1 if eos else None)


def entry(kind: str, name: str, **config: Any) -> dict[str, Any]:
    """One layer of config.json."""
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, **config},
        "registered_name": None,
    }


@dataclass
class Archive:
    """The content of a `.keras` file: config.json, and the arrays of model.weights.h5 by their path."""

    config: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def layers(self) -> list[dict[str, Any]]:
        return self.config["config"]["layers"]

    def layer(self, kind: str) -> dict[str, Any]:
        """The first layer of a class; its settings are under "config"."""
        return next(layer for layer in self.layers if layer["class_name"] == kind)

    def make_functional(self) -> "Archive":
        """The same chain, as Keras writes a functional model."""
        below = None
        for layer in self.layers:
            layer["name"] = layer["config"]["name"]
            layer["inbound_nodes"] = [] if below is None else [call_of(below)]
            below = layer["name"]
        ends = {key: [self.layers[at]["name"], 0, 0] for key, at in (("input_layers", 0), ("output_layers", -1))}
        self.config.update({"module": "keras.src.models.functional", "class_name": "Functional"})
        self.config["config"].update(ends)
        return self

    def weights(self) -> bytes:
        """The bytes of model.weights.h5."""
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            for path, array in self.arrays.items():
                file[path] = array
        return buffer.getvalue()

    def save(self, path: Path, *, weights: bytes | None = None) -> Path:
        """Writes the archive; `weights` stands in for the bytes of model.weights.h5."""
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
            file.writestr("config.json", json.dumps(self.config))
            file.writestr("model.weights.h5", self.weights() if weights is None else weights)
        return path

    def weights_of(self, layer: dict[str, Any]) -> dict[str, np.ndarray]:
        """The arrays of a layer by Keras' names for them, in their order."""
        kind = layer["class_name"]
        same = [other for other in self.layers if other["class_name"] == kind]
        number = next(n for n, other in enumerate(same) if other is layer)
        group = f"layers/{_GROUPS.get(kind, kind.lower())}{f'_{number}' if number else ''}/"
        names = _WEIGHT_NAMES.get(kind, ["kernel", "recurrent_kernel", "bias"])
        return {names[int(path[-1])]: array for path, array in sorted(self.arrays.items()) if path.startswith(group)}

    def save_h5(self, path: Path, version: str = "2.10.0", *, split: bool = False) -> Path:
        """The same model in HDF5, as that version of Keras writes it; `split` spreads lists over attributes."""
        with h5py.File(path, "w") as file:
            file.attrs["keras_version"] = version
            file.attrs["model_config"] = json.dumps(self.config if version >= "3" else self._config_of_keras_2())
            file["optimizer_weights/Variable:0"] = np.zeros(3, np.float32)
            for layer in self.layers:
                name = layer["config"]["name"]
                group = file.create_group(f"model_weights/{name}")
                cell = f"{name}_cell/" if layer["class_name"] in _COLUMNS else ""
                given = self.weights_of(layer)
                names = [HDF5_NAMINGS[version].format(layer=name, cell=cell, weight=weight) for weight in given]
                for weight, array in zip(names, given.values(), strict=True):
                    group[weight] = array
                for number, weight in enumerate(names) if split else ():
                    group.attrs[f"weight_names{number}"] = [weight]
                if not split:
                    group.attrs["weight_names"] = [weight.encode() for weight in names]
        return path

    def _config_of_keras_2(self) -> dict[str, Any]:
        """Sequential models were a list of layers, and functional ones had calls of plain lists."""
        layers = json.loads(json.dumps(self.layers))
        for layer in layers:
            del layer["module"], layer["registered_name"]
            if "batch_shape" in layer["config"]:
                layer["config"]["batch_input_shape"] = layer["config"].pop("batch_shape")
            nodes = layer.get("inbound_nodes", [])
            layer["inbound_nodes"] = [
                [[*tensor["config"]["keras_history"], {}] for tensor in node["args"]] for node in nodes
            ]
        if self.config["class_name"] == "Sequential":
            first = layers.pop(0)
            layers[0]["config"]["batch_input_shape"] = first["config"]["batch_input_shape"]
            return {"class_name": "Sequential", "config": layers}
        ends = {key: [self.config["config"][key]] for key in ("input_layers", "output_layers")}
        return {"class_name": "Model", "config": {"layers": layers, **ends}}


def call_of(*names: str) -> dict[str, Any]:
    """An inbound node: the call of a layer on the outputs of others."""
    tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}} for name in names]
    return {"args": tensors, "kwargs": {}}


def network(
    size: int,
    *,
    cell: str = "LSTM",
    layers: int = 1,
    units: int = 16,
    embedding: int | None = None,
    bias: bool = True,
    reset_after: bool = True,
    softmax: bool = True,
    scale: float = 0.6,
    seed: int = 0,
) -> Archive:
    """A network of random weights over `size` tokens: one-hot rows with Masking, or an Embedding."""
    rng = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {}

    def weights(path: str, *shape: int) -> None:
        arrays[path] = rng.normal(scale=scale, size=shape).astype(np.float32)

    if embedding is None:
        entries = [entry("InputLayer", "input", batch_shape=[None, None, size]), entry("Masking", "masking")]
    else:
        entries = [
            entry("InputLayer", "input", batch_shape=[None, None]),
            entry("Embedding", "embedding", input_dim=size, output_dim=embedding, mask_zero=True),
        ]
        weights("layers/embedding/vars/0", size, embedding)
    width = embedding or size
    settings = {"units": units, "return_sequences": True, "use_bias": bias, "activation": "tanh"}
    if cell != "SimpleRNN":
        settings["recurrent_activation"] = "sigmoid"
    if cell == "GRU":
        settings["reset_after"] = reset_after
    for n in range(layers):
        entries.append(entry(cell, f"cell_{n}", **settings))
        columns = _COLUMNS[cell] * units
        path = f"layers/{_GROUPS[cell]}{f'_{n}' if n else ''}/cell/vars"
        weights(f"{path}/0", width, columns)
        weights(f"{path}/1", units, columns)
        if bias:
            weights(f"{path}/2", *((2, columns) if cell == "GRU" and reset_after else (columns,)))
        width = units
    entries.append(entry("Dense", "dense", units=size, activation="softmax" if softmax else "linear", use_bias=bias))
    weights("layers/dense/vars/0", units, size)
    if bias:
        weights("layers/dense/vars/1", size)
    return Archive(
        {"module": "keras", "class_name": "Sequential", "config": {"name": "model", "layers": entries}}, arrays
    )


def write_textgenrnn(path: Path, tokens: int, *, cudnn: bool = False, seed: int = 0) -> dict[str, np.ndarray]:
    """textgenrnn's weights of an Embedding of 5 and two LSTMs of 4 units; gives the arrays by name."""
    rng = np.random.default_rng(seed)
    shapes = {
        "embedding/embeddings:0": (tokens, 5),
        "rnn_1/kernel:0": (5, 16), "rnn_1/recurrent_kernel:0": (4, 16), "rnn_1/bias:0": (32 if cudnn else 16,),
        "rnn_2/kernel:0": (4, 16), "rnn_2/recurrent_kernel:0": (4, 16), "rnn_2/bias:0": (32 if cudnn else 16,),
        "attention/attention_W:0": (13, 1), "output/kernel:0": (13, tokens), "output/bias:0": (tokens,),
    }  # fmt: skip
    arrays = {name: rng.normal(scale=0.7, size=shape).astype(np.float32) for name, shape in shapes.items()}
    with h5py.File(path, "w") as file:
        layers = ["input", "embedding", "rnn_1", "rnn_2", "rnn_concat", "attention", "output"]
        file.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer in layers:
            names = [name for name in arrays if name.startswith(f"{layer}/")]
            group = file.create_group(layer)
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name in names:
                group[name] = arrays[name]
    return arrays


def write_folder(
    folder: Path, archive: Archive, vocabulary: Vocabulary, card: Mapping[str, Any] | None = None
) -> Path:
    """A checkpoint folder of an archive; without a card where none is given."""
    folder.mkdir(parents=True, exist_ok=True)
    archive.save(folder / "model.keras")
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary.to_json()), encoding="utf-8")
    if card is not None:
        (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def write_model(
    folder: Path,
    cell: str = "LSTM",
    layers: int = 1,
    units: int = 16,
    vocabulary: Vocabulary | None = None,
    seed: int = 0,
    card: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Path:
    """A checkpoint with random weights, (folder); further settings are those of `network`."""
    vocabulary = characters() if vocabulary is None else vocabulary
    archive = network(len(vocabulary), cell=cell, layers=layers, units=units, seed=seed, **settings)
    return write_folder(folder, archive, vocabulary, card)


def write_speller(folder: Path, text: str = "the quick", *, peak: float = 12.0, eos: bool = True) -> Path:
    """A checkpoint that greedily spells `text`, whose characters must differ, and then `<eos>`, over and over.

    The token after depends on the one before alone; an empty prompt starts at the beginning. Without `eos` the
    text starts over at its end. `peak` is how far the logit of the next token stands out.
    """
    if len(set(text)) < len(text):
        raise ValueError(f"the characters of {text!r} must differ")
    vocabulary = characters(text, eos=eos)
    size = len(vocabulary)
    archive = network(size, cell="SimpleRNN", units=size, bias=False, softmax=False)
    after = np.roll(np.arange(size), -1)
    after[-1] = after[0] = 1
    archive.arrays["layers/simple_rnn/cell/vars/0"] = 3.0 * np.eye(size, dtype=np.float32)
    archive.arrays["layers/simple_rnn/cell/vars/1"] = np.zeros((size, size), np.float32)
    archive.arrays["layers/dense/vars/0"] = peak * np.eye(size, dtype=np.float32)[after]
    return write_folder(folder, archive, vocabulary)


def write_dice(folder: Path, logits: Sequence[float], vocabulary: Vocabulary) -> Path:
    """A checkpoint that scores every position alike, with `logits`."""
    archive = network(len(vocabulary), cell="SimpleRNN", units=2, scale=0.0, softmax=False)
    archive.arrays["layers/dense/vars/1"] = np.array(logits, np.float32)
    return write_folder(folder, archive, vocabulary)

"""The networks that are measured, as arrays laid out as Keras lays them out: every peer runs the same weights."""

import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import h5py
import numpy as np

from charrnn_engine import CharRNN, load
from tests.archives import characters, network, write_folder

TOKENS = 81
VOCABULARY = characters("".join(map(chr, range(33, 33 + TOKENS - 2))))
GROUPS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}


@dataclass(frozen=True)
class Cell:
    """Keras' arrays: kernel (I, G), recurrent (H, G), bias (G,), or (2, G) for a GRU with `reset_after`."""

    kernel: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray

    @property
    def units(self) -> int:
        return int(self.recurrent.shape[0])


@dataclass(frozen=True)
class Measured:
    """A network by its weights, and the project's model of it. `table` (V, I) is what a token is fed as."""

    title: str
    kind: str
    table: np.ndarray
    cells: list[Cell]
    head_kernel: np.ndarray
    head_bias: np.ndarray
    model: CharRNN

    @cached_property
    def prompt(self) -> str:
        return next(t for t in self.model.vocabulary.tokens if t.isalpha() and len(t) == 1)

    @property
    def first(self) -> int:
        return self.model.vocabulary.encode(self.prompt)[0]


def random_network(kind: str, layers: int, units: int) -> Measured:
    """Weights small enough that differences in the last bit die out."""
    archive = network(TOKENS, cell=kind, layers=layers, units=units, scale=0.6 / np.sqrt(units), softmax=False)
    with TemporaryDirectory() as folder:
        model = load(write_folder(Path(folder) / "model", archive, VOCABULARY))
    title = f"{layers} × {kind} {units}" if layers > 1 else f"{kind} {units}"
    return _measured(title, archive.config, archive.arrays, model)


def shipped_network(folder: Path) -> Measured:
    """A checkpoint folder's network, as 32-bit floats."""
    with zipfile.ZipFile(folder / "model.keras") as archive:
        config = json.loads(archive.read("config.json"))
        arrays: dict[str, np.ndarray] = {}
        with h5py.File(BytesIO(archive.read("model.weights.h5"))) as file:
            file.visititems(lambda name, node: arrays.update({name: node[()]}) if hasattr(node, "shape") else None)
    arrays = {name: array.astype(np.float32) for name, array in arrays.items() if array.dtype.kind == "f"}
    return _measured(folder.name, config, arrays, load(folder))


def _measured(title: str, config: dict[str, Any], arrays: dict[str, np.ndarray], model: CharRNN) -> Measured:
    kinds = [entry["class_name"] for entry in config["config"]["layers"]]
    kind = next(kind for kind in kinds if kind in GROUPS)
    cells = []
    for n in range(kinds.count(kind)):
        path = f"layers/{GROUPS[kind]}{f'_{n}' if n else ''}/cell/vars"
        kernel, recurrent = arrays[f"{path}/0"], arrays[f"{path}/1"]
        shape = (2, kernel.shape[1]) if kind == "GRU" else (kernel.shape[1],)
        cells.append(Cell(kernel, recurrent, arrays.get(f"{path}/2", np.zeros(shape, np.float32))))
    size = len(model.vocabulary)
    table = arrays.get("layers/embedding/vars/0", np.eye(size, dtype=np.float32))
    dense = next(
        path for path in ("layers/dense/vars", "layers/time_distributed/layer/vars") if f"{path}/0" in arrays
    )
    bias = arrays.get(f"{dense}/1", np.zeros(size, np.float32))
    return Measured(title, kind, table, cells, arrays[f"{dense}/0"], bias, model)

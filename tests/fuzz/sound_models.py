"""The sound models of every kind that damaged checkpoints start from, small enough to be made in an instant."""

import io
import json
import tempfile
import warnings
import zipfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import save

from tests.archives import HDF5_NAMINGS, Archive, characters, network, write_textgenrnn
from tests.fuzz.damage import as_json

SIZE = 9
VOCABULARY = characters("abcdefg").to_json()
CARD = {
    "name": "small",
    "corpus": {"name": "letters", "licence": "CC0", "training_tokens": 1000, "level": "char"},
    "network": {"cell": "lstm", "units": 5, "layers": 1, "parameters": 300},
    "training": {"epochs": 3, "seconds": 12.5},
    "held_out": [{"bits_per_character": 2.5, "corpus": "more letters", "characters": 100}],
    "date": "2024-01-01",
}
TOKENIZER = {"class_name": "Tokenizer", "config": {"char_level": True, "word_index": json.dumps({"a": 1, "b": 2})}}


@dataclass(frozen=True)
class Seed:
    config: dict[str, Any]
    weights: bytes
    compression: int


@cache
def seeds() -> tuple[Seed, ...]:
    archives = [
        network(SIZE, units=5),
        network(SIZE, units=5).make_functional(),
        network(SIZE, units=4, cell="GRU", layers=2),
        network(SIZE, units=4, cell="GRU", reset_after=False, embedding=3),
        network(SIZE, units=4, cell="SimpleRNN", layers=3, bias=False),
        network(SIZE, units=6, embedding=4, softmax=False).make_functional(),
    ]
    plain = [Seed(archive.config, archive.weights(), zipfile.ZIP_STORED) for archive in archives]
    deflated = [replace(plain[0], compression=zipfile.ZIP_DEFLATED)]
    ways: list[dict[str, Any]] = [
        {"libver": "latest"}, {"libver": ("earliest", "v110")}, {"chunks": True, "compression": "gzip"},
        {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"dtype": "<f8"}, {"dtype": "<f2"},
    ]  # fmt: skip
    return (*plain, *deflated, *(replace(plain[0], weights=_rewritten(archives[0], **way)) for way in ways))


@cache
def hdf5_seeds() -> tuple[bytes, ...]:
    """Whole models in HDF5 as the versions of Keras write them, and textgenrnn's weights."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "model.h5"
        for number, version in enumerate(HDF5_NAMINGS):
            archive = network(SIZE, units=4, layers=1 + number, cell=("LSTM", "GRU", "SimpleRNN")[number])
            archive.layer("Dense")["config"]["trainable"] = True
            found.append(archive.save_h5(file, version, split=number == 1).read_bytes())
            file.unlink()
        write_textgenrnn(file, SIZE, cudnn=True)
        found.append(file.read_bytes())
    return tuple(found)


@cache
def tensor_seeds() -> tuple[bytes, ...]:
    """A PyTorch LSTM and GRU in .safetensors."""
    shapes = [
        {"e.weight": (SIZE, 3), "r.weight_ih_l0": (16, 3), "r.weight_hh_l0": (16, 4), "r.bias_ih_l0": (16,)},
        {"r.weight_ih_l0": (12, SIZE), "r.weight_hh_l0": (12, 4)},
    ]
    head = {"fc.weight": (SIZE, 4), "fc.bias": (SIZE,)}
    rng = np.random.default_rng(0)
    return tuple(
        save({name: rng.normal(size=shape).astype("f") for name, shape in {**some, **head}.items()})
        for some in shapes
    )


def _rewritten(archive: Archive, *, libver: Any = None, **settings: Any) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=libver) as file:
        for path, array in archive.arrays.items():
            file.create_dataset(path, data=array, **settings)
    return buffer.getvalue()


def zip_of(start: Seed, *, config: bytes | None = None, weights: bytes | None = None) -> bytes:
    return zipped(
        [
            ("metadata.json", b"{}"),
            ("config.json", as_json(start.config) if config is None else config),
            ("model.weights.h5", start.weights if weights is None else weights),
        ],
        start.compression,
    )


def zipped(members: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is there twice
        for member, content in members:
            # A ZipInfo of our own bears no time, so that the same case has the same bytes tomorrow.
            info = zipfile.ZipInfo(member) if isinstance(member, str) else member
            archive.writestr(info, content, compression)
    return buffer.getvalue()

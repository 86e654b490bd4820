"""Arrays and attributes are found in HDF5 files as h5py writes them, in every version of the format."""

import io
from typing import Any

import h5py
import numpy as np
import pytest

from charrnn_engine import CheckpointError
from charrnn_engine.checkpoints.hdf5_arrays import HDF5Arrays
from tests.archives import network

SIZE = 9


@pytest.mark.parametrize("libver", ["earliest", "v108", "v110", "v114", "latest"])
def test_the_weights_are_found_in_every_version_of_the_format(libver: str) -> None:
    archive = network(SIZE, layers=3)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=libver) as file:
        for path, array in archive.arrays.items():
            file[path] = array
    weights = HDF5Arrays(buffer, len(buffer.getvalue()))
    for path, array in archive.arrays.items():
        np.testing.assert_array_equal(weights.read(path, array.shape), array)


def test_a_group_of_many_layers_is_searched_to_its_end() -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for number in range(700):
            file[f"layers/dense_{number}/vars/0"] = np.full(3, number, np.float32)
    weights = HDF5Arrays(buffer, len(buffer.getvalue()))
    for number in range(0, 700, 60):
        np.testing.assert_array_equal(weights.read(f"layers/dense_{number}/vars/0", (3,)), np.full(3, number))
    with pytest.raises(CheckpointError, match="missing"):
        weights.read("layers/dense_700/vars/0", (3,))


@pytest.mark.parametrize("kind", ["<f2", "<f4", "<f8"])
@pytest.mark.parametrize("shape", [(1,), (7,), (130, 250), (3, 5, 70)])
@pytest.mark.parametrize(
    "settings",
    [
        {"compression": "gzip"},
        {"compression": "gzip", "shuffle": True, "compression_opts": 9},
        {"shuffle": True, "fletcher32": True},
        {"fletcher32": True, "compression": "gzip", "shuffle": True},
        {"maxshape": None, "chunks": True},
    ],
    ids=lambda settings: "-".join(settings),
)
def test_chunks_are_put_together_as_h5py_does(kind: str, shape: tuple[int, ...], settings: dict[str, Any]) -> None:
    array = np.random.default_rng(1).normal(size=shape).astype(kind)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.create_dataset("a/b", data=array, **settings)
    np.testing.assert_array_equal(HDF5Arrays(buffer, len(buffer.getvalue())).read("a/b", shape), array.astype("<f4"))


def opened(file: io.BytesIO) -> HDF5Arrays:
    return HDF5Arrays(file, len(file.getvalue()))


@pytest.mark.parametrize("libver", ["earliest", "v110", "latest"])
def test_attributes_of_fixed_and_variable_strings_are_read(libver: str) -> None:
    buffer, long = io.BytesIO(), "{" + "é" * 100_000 + "}"
    names = [b"lstm/kernel:0", b"lstm/bias:0", b""]
    with h5py.File(buffer, "w", libver=libver) as file:
        group = file.create_group("model_weights/lstm")
        group.attrs["weight_names"] = np.array(names)
        group.attrs["as_text"] = ["kernel", "bias"]
        group.attrs["none"] = []
        group.attrs["number"] = 7
        file.attrs["model_config"] = long
    arrays = opened(buffer)
    assert arrays.attributes("") == {"model_config": long}
    expected = {"weight_names": [name.decode() for name in names], "as_text": ["kernel", "bias"], "none": []}
    assert arrays.attributes("model_weights/lstm") == expected
    assert arrays.attributes("model_weights/gone") is None


def test_attributes_in_a_heap_of_their_own_are_refused_by_name() -> None:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver="latest") as file:
        for number in range(40):
            file.attrs[f"name{number}"] = "x"
    with pytest.raises(CheckpointError, match=r"attributes of '' can't be read .*libver='latest'"):
        opened(buffer).attributes("")

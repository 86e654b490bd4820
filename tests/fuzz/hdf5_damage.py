"""What h5py itself can put in the place of an array or an attribute of a model in HDF5."""

import json
import random
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from tests.fuzz.damage import json_damaged

OUTSIDE = b"/outside/the/checkpoint/of/a/fuzzer/lies/this/file/which/nobody/opens"
"""Stands for the path of a file that no checkpoint may open. A case gets a real path when it is written to disk."""


def replace_node(chance: random.Random, file: h5py.File, path: str, shape: tuple[int, ...]) -> None:
    if chance.random() < 0.3:
        path = path.rsplit("/", chance.randrange(1, 3))[0]
    if path in file:
        del file[path]
    outside = OUTSIDE.decode()
    count = int(np.prod(shape))
    huge = tuple(chance.choice((1, 2**31, 2**40)) for _ in shape) or (2**40,)

    def virtual() -> None:
        layout = h5py.VirtualLayout(shape, "<f4")
        layout[:] = h5py.VirtualSource(chance.choice((outside, ".")), "weights", shape)
        file.create_virtual_dataset(path, layout)

    def with_attributes() -> None:
        made = file.create_dataset(path, data=np.zeros(shape, "<f4"))
        made.attrs["x" * 100] = np.zeros(1_000)
        made.attrs["text"] = "\ud7ff\x1b[2J"

    makers: tuple[Callable[[], Any], ...] = (
        lambda: file.__setitem__(path, h5py.SoftLink(chance.choice(("/", f"/{path}", "/layers", "/nowhere")))),
        lambda: file.__setitem__(path, h5py.ExternalLink(chance.choice((outside, ".", "")), "/weights")),
        lambda: file.__setitem__(path, file["/"]),
        lambda: file.__setitem__(path, file["layers"]),
        lambda: file.__setitem__(path, np.dtype("<f4")),
        lambda: file.create_dataset(path, shape, "<f4", external=[(outside, 0, 4 * count)]),
        virtual,
        lambda: file.create_dataset(path, shape, "<f4"),
        lambda: file.create_dataset(path, huge, "<f4", chunks=tuple(min(side, 64) for side in huge)),
        lambda: file.create_dataset(path, shape, "<f4", chunks=shape, fillvalue=1.0),
        lambda: file.create_dataset(
            path, data=np.zeros(shape, chance.choice(("<i4", ">f4", "<c8", "S8", "?", "<f8")))
        ),
        lambda: file.create_dataset(path, data=np.full(shape, chance.choice((np.nan, np.inf, -np.inf, 1e300)))),
        lambda: file.create_dataset(path, data=np.zeros(shape[::-1], "<f4")),
        lambda: file.create_dataset(path, data=np.zeros((*shape, 1), "<f4")),
        lambda: file.create_dataset(path, data=np.float32(1)),
        lambda: file.create_dataset(path, data=h5py.Empty("<f4")),
        lambda: file.create_dataset(path, shape, h5py.string_dtype()),
        lambda: file.create_dataset(path, shape, h5py.vlen_dtype(np.dtype("<f4"))),
        lambda: file.create_dataset(path, shape, h5py.ref_dtype),
        lambda: file.create_dataset(path, shape, np.dtype([("a", "<f4"), ("b", "<i8")])),
        lambda: file.create_dataset(path, data=np.zeros(shape, "<f4"), chunks=shape, scaleoffset=2),
        lambda: file.create_dataset(path, data=np.zeros(shape, "<f4"), chunks=shape, compression="lzf"),
        lambda: file.create_dataset(path, data=np.zeros(shape, "<f4"), maxshape=(None,) * len(shape), chunks=shape),
        lambda: file.create_group(path),
        with_attributes,
        lambda: None,
    )
    chance.choice(makers)()


def replace_attribute(chance: random.Random, attributes: Any) -> None:
    name = chance.choice(list(attributes) or ["weight_names"])
    old = attributes.get(name, "")
    if name == "model_config" and isinstance(old, str):
        attributes[name] = json_damaged(chance, json.loads(old)).decode("utf-8", "replace")[:60_000]
        return
    attributes[name] = chance.choice((
        [b"../../" + OUTSIDE], [b"a/b:0"] * 3, ["x" * 5_000], "", [], 7, np.zeros((2, 2)), list(reversed(list(old))),
        ["kernel:0", 5], np.array([b"\xff\xfe"]), "lstm/kernel:0", h5py.Empty("f"), np.array([b"a"] * 3_000),
    ))  # fmt: skip

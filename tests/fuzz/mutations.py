"""Damaged and hostile checkpoints, one for each pair of seed and number: the same pair always gives the same files,
but for bytes of HDF5 that nothing was ever written to.

Starts from small models of every kind that is read, and changes one part of them: the zip, the HDF5 file's bytes or
structure, the configuration, the tensors' header, the vocabulary, the card, or a tokenizer to import. `OUTSIDE` is
where the path of a file goes that no checkpoint may reach; whoever writes a case down puts one there.
"""

import copy
import encodings.utf_8_sig  # noqa: F401  # json asks for it where a text begins with its mark
import io
import json
import random
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors.numpy import save

from tests.archives import HDF5_NAMINGS, Archive, call_of, characters, entry, network, write_textgenrnn

OUTSIDE = b"/outside/the/checkpoint/of/a/fuzzer/lies/this/file/which/nobody/opens"

_SIZE = 9
_VOCABULARY = characters("abcdefg").to_json()
_CARD = {
    "name": "small",
    "corpus": {"name": "letters", "licence": "CC0", "training_tokens": 1000, "level": "char"},
    "network": {"cell": "lstm", "units": 5, "layers": 1, "parameters": 300},
    "training": {"epochs": 3, "seconds": 12.5},
    "held_out": [{"bits_per_character": 2.5, "corpus": "more letters", "characters": 100}],
    "date": "2024-01-01",
}
_TOKENIZER = {"class_name": "Tokenizer", "config": {"char_level": True, "word_index": json.dumps({"a": 1, "b": 2})}}


@dataclass(frozen=True)
class Case:
    """The files of a checkpoint, and what kind of change was made. `tokenizer` is for an import, and `name` is what
    the model's file is called.
    """

    kind: str
    model: bytes
    vocabulary: bytes
    card: bytes
    tokenizer: bytes
    name: str = "model.keras"


@dataclass(frozen=True)
class _Seed:
    config: dict[str, Any]
    weights: bytes
    compression: int


def case(seed: int, number: int) -> Case:
    """The case of that number."""
    chance = random.Random(f"{seed}/{number}")
    start = chance.choice(_seeds())
    whole = Case("", b"", _json(_VOCABULARY), _json(_CARD), _json(_TOKENIZER))
    name, (weight, change) = chance.choices(list(_KINDS.items()), [weight for weight, _ in _KINDS.values()])[0]
    del weight
    made = change(chance, start, whole)
    return replace(made if made.model else replace(made, model=_zip(start)), kind=name)


# -- what the changes start from -------------------------------------------------------------------------------------


@cache
def _seeds() -> tuple[_Seed, ...]:
    archives = [
        network(_SIZE, units=5),
        network(_SIZE, units=5).make_functional(),
        network(_SIZE, units=4, cell="GRU", layers=2),
        network(_SIZE, units=4, cell="GRU", reset_after=False, embedding=3),
        network(_SIZE, units=4, cell="SimpleRNN", layers=3, bias=False),
        network(_SIZE, units=6, embedding=4, softmax=False).make_functional(),
    ]
    plain = [_Seed(archive.config, archive.weights(), zipfile.ZIP_STORED) for archive in archives]
    deflated = [replace(plain[0], compression=zipfile.ZIP_DEFLATED)]
    ways: list[dict[str, Any]] = [
        {"libver": "latest"}, {"libver": ("earliest", "v110")}, {"chunks": True, "compression": "gzip"},
        {"chunks": True, "compression": "gzip", "shuffle": True, "fletcher32": True},
        {"dtype": "<f8"}, {"dtype": "<f2"},
    ]  # fmt: skip
    return (*plain, *deflated, *(replace(plain[0], weights=_rewritten(archives[0], **way)) for way in ways))


@cache
def _hdf5_seeds() -> tuple[bytes, ...]:
    """Whole models in HDF5 as the versions of Keras write them, and textgenrnn's weights."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "model.h5"
        for number, version in enumerate(HDF5_NAMINGS):
            archive = network(_SIZE, units=4, layers=1 + number, cell=("LSTM", "GRU", "SimpleRNN")[number])
            archive.layer("Dense")["config"]["trainable"] = True
            found.append(archive.save_h5(file, version, split=number == 1).read_bytes())
            file.unlink()
        write_textgenrnn(file, _SIZE, cudnn=True)
        found.append(file.read_bytes())
    return tuple(found)


@cache
def _tensor_seeds() -> tuple[bytes, ...]:
    """A PyTorch LSTM and GRU in .safetensors."""
    shapes = [
        {"e.weight": (_SIZE, 3), "r.weight_ih_l0": (16, 3), "r.weight_hh_l0": (16, 4), "r.bias_ih_l0": (16,)},
        {"r.weight_ih_l0": (12, _SIZE), "r.weight_hh_l0": (12, 4)},
    ]
    head = {"fc.weight": (_SIZE, 4), "fc.bias": (_SIZE,)}
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


def _json(value: object) -> bytes:
    return json.dumps(value).encode("utf-8")


def _zip(start: _Seed, *, config: bytes | None = None, weights: bytes | None = None) -> bytes:
    return _zipped(
        [
            ("metadata.json", b"{}"),
            ("config.json", _json(start.config) if config is None else config),
            ("model.weights.h5", start.weights if weights is None else weights),
        ],
        start.compression,
    )


def _zipped(members: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is there twice
        for member, content in members:
            # A ZipInfo of our own bears no time, so that the same case has the same bytes tomorrow.
            info = zipfile.ZipInfo(member) if isinstance(member, str) else member
            archive.writestr(info, content, compression)
    return buffer.getvalue()


# -- bytes -----------------------------------------------------------------------------------------------------------

_NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
            0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, 1 << 40)  # fmt: skip
_HDF5_MARKS = (b"TREE", b"HEAP", b"SNOD", b"OHDR", b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTLF", b"BTIN", b"FAHD",
               b"OCHK", b"GCOL", b"\x89HDF")  # fmt: skip


def damaged(chance: random.Random, content: bytes) -> bytes:
    """Bytes with one to four changes of any kind."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        if data:
            chance.choice(_DAMAGES)(chance, data)
    return bytes(data)


def _flip_bit(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _set_byte(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))


def _number(chance: random.Random, data: bytearray) -> None:
    size = chance.choice((2, 4, 8))
    at = _somewhere(chance, data)
    number = chance.choice(_NUMBERS) if chance.random() < 0.8 else chance.randrange(len(data))
    data[at : at + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _somewhere(chance: random.Random, data: bytearray) -> int:
    """A place, more often one near a structure of HDF5 than within plain numbers."""
    marks = [at for mark in _HDF5_MARKS for at in _places(data, mark)] if chance.random() < 0.6 else []
    if marks:
        return min(len(data) - 1, chance.choice(marks) + chance.randrange(96))
    return chance.randrange(len(data))


def _places(data: bytearray, mark: bytes) -> list[int]:
    found, at = [], data.find(mark)
    while at >= 0:
        found.append(at)
        at = data.find(mark, at + 1)
    return found


def _redirect(chance: random.Random, data: bytearray) -> None:
    """Lets one address of an HDF5 file point to where another one does: structures that contain themselves."""
    addresses = [
        at for at in range(0, len(data) - 7, 8) if 0 < int.from_bytes(data[at : at + 8], "little") < len(data)
    ]
    if addresses:
        source, target = chance.choice(addresses), chance.choice(addresses)
        data[target : target + 8] = data[source : source + 8]


def _copy(chance: random.Random, data: bytearray) -> None:
    source, target, size = chance.randrange(len(data)), chance.randrange(len(data)), chance.randrange(1, 64)
    data[target : target + size] = data[source : source + size]


def _cut(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    del data[at : at + chance.randrange(1, 64)]


def _insert(chance: random.Random, data: bytearray) -> None:
    at = chance.randrange(len(data))
    data[at:at] = chance.randbytes(chance.randrange(1, 32))


def _truncate(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


_DAMAGES: tuple[Callable[[random.Random, bytearray], None], ...] = (
    _flip_bit, _flip_bit, _set_byte, _number, _number, _number, _redirect, _redirect, _copy, _cut, _insert, _truncate
)  # fmt: skip


# -- JSON ------------------------------------------------------------------------------------------------------------

_WORDS = ("", "a", "<pad>", "<eos>", "<unk>", "lstm", "LSTM", "Dense", "Lambda", "softmax", "\x1b[2J", "\ud83d",
          "\u202e", "é", "名", "\n", "layers/../..", "x" * 5000, "__keras_tensor__", "input", "cell_0")  # fmt: skip
_PLAIN: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 5, 9, 65_536, 65_537, 10**9, 10**18, 10**400, 1.5, -0.0, 1e308, float("nan"),
    float("inf"),
)  # fmt: skip


def _anything(chance: random.Random, depth: int = 0) -> Any:
    pick = chance.random()
    if depth > 2 or pick < 0.45:
        return chance.choice(_PLAIN)
    if pick < 0.75:
        return chance.choice(_WORDS)
    if pick < 0.87:
        return [_anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(_WORDS): _anything(chance, depth + 1) for _ in range(chance.randrange(4))}


def _all_places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, value in items for place in [(*path, key), *_all_places(value, (*path, key))]]


def _changed(chance: random.Random, tree: Any) -> Any:
    """A JSON tree with one to three places replaced, dropped, doubled, or swapped for other places."""
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = _all_places(tree)
        if not places:
            return tree
        node, key = _node(tree, chance.choice(places))
        way = chance.random()
        if way < 0.55:
            node[key] = _anything(chance)
        elif way < 0.7:
            del node[key]
        elif way < 0.85:
            other, other_key = _node(tree, chance.choice(places))
            node[key] = copy.deepcopy(other[other_key])
        elif isinstance(node, list):
            node.insert(key, copy.deepcopy(node[key]))
        else:
            node[chance.choice(_WORDS)] = node[key]
    return tree


def _node(tree: Any, place: tuple[Any, ...]) -> tuple[Any, Any]:
    *way, last = place
    for key in way:
        tree = tree[key]
    return tree, last


def _nested(chance: random.Random, text: bytes) -> bytes:
    """JSON with something nested deeply in the place of one of its values."""
    depth = chance.choice((50, 400, 900, 985, 1_500, 20_000, 300_000))
    deep = chance.choice((b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth, b"[" * depth))
    marks = [at for mark in (b": ", b", ") for at in _places(bytearray(text), mark)]
    at = chance.choice(marks) + 2
    ends = [end for end in (text.find(mark, at) for mark in (b",", b"}", b"]")) if end >= 0]
    return text[:at] + deep + text[min(ends, default=at) :]


def _odd_text(chance: random.Random, text: bytes) -> bytes:
    """JSON that isn't quite JSON, or isn't quite UTF-8."""
    return chance.choice((
        b"\xef\xbb\xbf" + text, text.decode("utf-8").encode("utf-16"), text.replace(b"1", b"NaN"), text * 2, b"null",
        b'"' + text, text.replace(b"5", b"5" * 5_000), text.replace(b'"', b"'"), b"[" + text + b"]", b"",
        text.replace(b"a", b"\xff"), text.replace(b"e", b"\\ud800"), text + b"\0" * 100,
    ))  # fmt: skip


def _json_damaged(chance: random.Random, tree: Any) -> bytes:
    way = chance.random()
    if way < 0.7:
        return _json(_changed(chance, tree))
    if way < 0.8:
        return _nested(chance, _json(tree))
    return _odd_text(chance, _json(tree)) if way < 0.9 else damaged(chance, _json(tree))


# -- the kinds of change ---------------------------------------------------------------------------------------------


def _zip_bytes(chance: random.Random, start: _Seed, whole: Case) -> Case:
    return replace(whole, model=damaged(chance, _zip(start)))


def _zip_cut(chance: random.Random, start: _Seed, whole: Case) -> Case:
    content = _zip(start)
    return replace(whole, model=content[: len(content) * chance.randrange(1, 64) // 64])


def _zip_headers(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """Fields of the local headers, the central directory and its end, which say sizes, places and methods."""
    data = bytearray(_zip(start))
    for _ in range(chance.choice((1, 1, 2, 3))):
        mark, fields = chance.choice((
            (b"PK\x03\x04", ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))),
            (b"PK\x01\x02", ((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4))),
            (b"PK\x05\x06", ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))),
        ))  # fmt: skip
        at = chance.choice(_places(data, mark) or [0])
        offset, size = chance.choice(fields)
        number = chance.choice((*_NUMBERS, 9, 12, 14, 93, 95, 98, 99, chance.randrange(len(data))))
        data[at + offset : at + offset + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    return replace(whole, model=bytes(data))


def _zip_members(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """Members that lead out of the folder, links, doubles, bombs, and other ways of compression."""
    config, weights = _json(start.config), start.weights
    members: list[tuple[str | zipfile.ZipInfo, bytes]] = [("config.json", config), ("model.weights.h5", weights)]
    link = zipfile.ZipInfo(chance.choice(("model.weights.h5", "config.json", "assets/x")))
    link.external_attr = 0o120777 << 16
    extra: tuple[str | zipfile.ZipInfo, bytes] = chance.choice((
        ("../../../../../../" + OUTSIDE.decode(), b"out"), (OUTSIDE.decode(), b"out"), ("C:\\config.json", b"{}"),
        ("config.json", config), ("model.weights.h5", weights), ("CONFIG.JSON", config), ("./config.json", config),
        ("config.json\0.txt", config), ("assets/" + "a/" * 500, b""), (link, OUTSIDE), ("é\u202e.json", b""),
        ("assets/bomb", bytes(3_000_000)),
    ))  # fmt: skip
    way = chance.random()
    if way < 0.5:
        members.insert(chance.randrange(3), extra)
    elif way < 0.65:
        members[chance.randrange(2)] = extra
    elif way < 0.75:
        members = [members[0], ("model.weights.h5", weights + bytes(chance.choice((10**6, 8 * 10**6))))]
    elif way < 0.85:
        members = [("config.json", config + b" " * chance.choice((10**6, 4 * 10**6))), members[1]]
    else:
        chance.shuffle(members)
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    return replace(whole, model=_zipped(members, chance.choice(methods)))


def _hdf5_bytes(chance: random.Random, start: _Seed, whole: Case) -> Case:
    return replace(whole, model=_zip(start, weights=damaged(chance, start.weights)))


def _hdf5_structure(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """What h5py itself can put in the place of an array."""
    buffer = io.BytesIO(start.weights)
    with h5py.File(buffer, "r+") as file:
        paths: list[str] = []
        file.visititems(lambda name, node: paths.append(name) if isinstance(node, h5py.Dataset) else None)
        for _ in range(chance.choice((1, 1, 2))):
            path = chance.choice(paths)
            with suppress(Exception):  # what came before may leave no place for it
                _replace_node(chance, file, path, file[path].shape or (5,))
    return replace(whole, model=_zip(start, weights=buffer.getvalue()))


def _replace_node(chance: random.Random, file: h5py.File, path: str, shape: tuple[int, ...]) -> None:
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


def _model_bytes(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """A whole model in HDF5 with damaged bytes."""
    return replace(whole, name="model.h5", model=damaged(chance, chance.choice(_hdf5_seeds())))


def _model_structure(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """A whole model in HDF5 with other attributes, or with other things in the place of arrays and groups."""
    buffer = io.BytesIO(chance.choice(_hdf5_seeds()))
    with h5py.File(buffer, "r+") as file:
        groups: list[str] = ["/"]
        arrays: list[str] = []
        file.visititems(lambda name, node: (arrays if isinstance(node, h5py.Dataset) else groups).append(name))
        for _ in range(chance.choice((1, 1, 2))):
            with suppress(Exception):  # what came before may leave no place for it
                if chance.random() < 0.5:
                    path = chance.choice(arrays)
                    _replace_node(chance, file, path, file[path].shape or (5,))
                else:
                    _replace_attribute(chance, file[chance.choice(groups)].attrs)
    return replace(whole, name="model.h5", model=buffer.getvalue())


def _replace_attribute(chance: random.Random, attributes: Any) -> None:
    name = chance.choice(list(attributes) or ["weight_names"])
    old = attributes.get(name, "")
    if name == "model_config" and isinstance(old, str):
        attributes[name] = _json_damaged(chance, json.loads(old)).decode("utf-8", "replace")[:60_000]
        return
    attributes[name] = chance.choice((
        [b"../../" + OUTSIDE], [b"a/b:0"] * 3, ["x" * 5_000], "", [], 7, np.zeros((2, 2)), list(reversed(list(old))),
        ["kernel:0", 5], np.array([b"\xff\xfe"]), "lstm/kernel:0", h5py.Empty("f"), np.array([b"a"] * 3_000),
    ))  # fmt: skip


def _tensor_bytes(chance: random.Random, start: _Seed, whole: Case) -> Case:
    return replace(whole, name="model.safetensors", model=damaged(chance, chance.choice(_tensor_seeds())))


def _tensor_header(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """A .safetensors file whose header was changed as JSON, with its length put right or not."""
    content = chance.choice(_tensor_seeds())
    size = int.from_bytes(content[:8], "little")
    header = _json_damaged(chance, json.loads(content[8 : 8 + size]))
    said = len(header) if chance.random() < 0.9 else chance.choice(_NUMBERS)
    return replace(whole, name="model.safetensors", model=said.to_bytes(8, "little") + header + content[8 + size :])


def _configuration(chance: random.Random, start: _Seed, whole: Case) -> Case:
    return replace(whole, model=_zip(start, config=_json_damaged(chance, start.config)))


def _layers(chance: random.Random, start: _Seed, whole: Case) -> Case:
    """Layers that are doubled, unknown, custom, in another order, or calling one another in a ring."""
    config = copy.deepcopy(start.config)
    layers = config["config"]["layers"]
    kinds = ("Lambda", "Bidirectional", "Dense", "LSTM", "GRU", "Embedding", "Masking", "TimeDistributed", "Softmax",
             "RNN", "InputLayer", "Activation", "Dropout", "TorchModuleWrapper", "NotEqual")  # fmt: skip
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(layers) + 1)
        way = chance.random()
        if way < 0.3 or not layers:
            made = entry(
                chance.choice(kinds), chance.choice(_WORDS), units=chance.choice(_PLAIN), function="os.system"
            )
            made["registered_name"] = chance.choice((None, "mine>Layer", "Lambda"))
            made["module"] = chance.choice(
                ("keras.layers", "keras.src.ops.numpy", "os", "builtins", None, "keras_hub")
            )
            layers.insert(at, made)
        elif way < 0.5:
            layers.insert(at, copy.deepcopy(chance.choice(layers)))
        elif way < 0.6:
            del layers[at - 1]
        elif way < 0.7:
            chance.shuffle(layers)
        elif way < 0.8:
            layers.extend(copy.deepcopy(layers) * chance.choice((1, 2, 30)))
        else:
            names = [layer["config"].get("name", "") for layer in layers]
            layers[at - 1]["inbound_nodes"] = [call_of(*chance.choices(names, k=chance.choice((0, 1, 1, 2))))]
    return replace(whole, model=_zip(start, config=_json(config)))


def _vocabulary(chance: random.Random, start: _Seed, whole: Case) -> Case:
    changed = copy.deepcopy(_VOCABULARY)
    if chance.random() < 0.4:
        tokens = changed["tokens"]
        chance.choice((
            lambda: tokens.append(chance.choice((*_WORDS, "a", 7, None))), tokens.pop, lambda: chance.shuffle(tokens),
            lambda: tokens.extend("hij"), lambda: tokens.insert(chance.randrange(9), chance.choice(_WORDS)),
            lambda: changed.update(level="word"), lambda: changed.update(eos=chance.choice(_PLAIN)),
            lambda: changed.update(window=chance.choice(_PLAIN), state=chance.choice(("window", "carried", 1))),
            lambda: changed.update(lower=chance.choice(_PLAIN)),
        ))()  # fmt: skip
        return replace(whole, vocabulary=_json(changed))
    return replace(whole, vocabulary=_json_damaged(chance, changed))


def _card(chance: random.Random, start: _Seed, whole: Case) -> Case:
    return replace(whole, card=_json_damaged(chance, _CARD))


def _tokenizer(chance: random.Random, start: _Seed, whole: Case) -> Case:
    index = {chance.choice((*_WORDS, *"abcdefgh")): number for number in range(1, 9)}
    config = {"char_level": True, "lower": True, "oov_token": chance.choice((None, "a", "<unk>")), "num_words": None}
    tree: Any = chance.choice((
        index, {"class_name": "Tokenizer", "config": {**config, "word_index": index}}, list(index),
        {str(number): token for token, number in index.items()}, {"char_to_idx": index, "other": [1]},
    ))  # fmt: skip
    return replace(whole, tokenizer=_json_damaged(chance, tree))


def _nothing(chance: random.Random, start: _Seed, whole: Case) -> Case:
    return whole


_Change = Callable[[random.Random, _Seed, Case], Case]
_KINDS: dict[str, tuple[float, _Change]] = {
    "zip bytes": (3, _zip_bytes),
    "zip cut": (1, _zip_cut),
    "zip headers": (3, _zip_headers),
    "zip members": (2, _zip_members),
    "hdf5 bytes": (12, _hdf5_bytes),
    "hdf5 structure": (5, _hdf5_structure),
    "config": (6, _configuration),
    "layers": (4, _layers),
    "vocabulary": (3, _vocabulary),
    "card": (3, _card),
    "tokenizer": (2, _tokenizer),
    "model bytes": (6, _model_bytes),
    "model structure": (5, _model_structure),
    "tensor bytes": (3, _tensor_bytes),
    "tensor header": (3, _tensor_header),
    "unchanged": (0.3, _nothing),
}
KINDS = tuple(_KINDS)

"""Damaged and hostile checkpoints, one for each pair of seed and number. The same pair always gives the same files,
except for bytes of HDF5 that were never written to.

Starts from small models of every kind that is read, and changes one part of them: the zip, the HDF5 file's bytes or
structure, the configuration, the tensors' header, the vocabulary, the card, or a tokenizer to import.
"""

import copy
import encodings.utf_8_sig  # noqa: F401  # json asks for it where a text begins with its mark
import io
import json
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import h5py

from tests.archives import call_of, entry
from tests.fuzz.damage import NUMBERS, PLAIN, WORDS, as_json, damaged, json_damaged, places_of
from tests.fuzz.hdf5_damage import OUTSIDE, replace_attribute, replace_node
from tests.fuzz.sound_models import (
    CARD,
    TOKENIZER,
    VOCABULARY,
    Seed,
    hdf5_seeds,
    seeds,
    tensor_seeds,
    zip_of,
    zipped,
)


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


def case(seed: int, number: int) -> Case:
    """The case of that number."""
    chance = random.Random(f"{seed}/{number}")
    start = chance.choice(seeds())
    whole = Case("", b"", as_json(VOCABULARY), as_json(CARD), as_json(TOKENIZER))
    name, (weight, change) = chance.choices(list(_KINDS.items()), [weight for weight, _ in _KINDS.values()])[0]
    del weight
    made = change(chance, start, whole)
    return replace(made if made.model else replace(made, model=zip_of(start)), kind=name)


# -- the kinds of change ---------------------------------------------------------------------------------------------


def _zip_bytes(chance: random.Random, start: Seed, whole: Case) -> Case:
    return replace(whole, model=damaged(chance, zip_of(start)))


def _zip_cut(chance: random.Random, start: Seed, whole: Case) -> Case:
    content = zip_of(start)
    return replace(whole, model=content[: len(content) * chance.randrange(1, 64) // 64])


def _zip_headers(chance: random.Random, start: Seed, whole: Case) -> Case:
    """Fields of the local headers, the central directory and its end, which say sizes, places and methods."""
    data = bytearray(zip_of(start))
    for _ in range(chance.choice((1, 1, 2, 3))):
        mark, fields = chance.choice((
            (b"PK\x03\x04", ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))),
            (b"PK\x01\x02", ((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (42, 4))),
            (b"PK\x05\x06", ((4, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))),
        ))  # fmt: skip
        at = chance.choice(places_of(data, mark) or [0])
        offset, size = chance.choice(fields)
        number = chance.choice((*NUMBERS, 9, 12, 14, 93, 95, 98, 99, chance.randrange(len(data))))
        data[at + offset : at + offset + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    return replace(whole, model=bytes(data))


def _zip_members(chance: random.Random, start: Seed, whole: Case) -> Case:
    """Members that lead out of the folder, links, doubles, bombs, and other ways of compression."""
    config, weights = as_json(start.config), start.weights
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
    return replace(whole, model=zipped(members, chance.choice(methods)))


def _hdf5_bytes(chance: random.Random, start: Seed, whole: Case) -> Case:
    return replace(whole, model=zip_of(start, weights=damaged(chance, start.weights)))


def _hdf5_structure(chance: random.Random, start: Seed, whole: Case) -> Case:
    """What h5py itself can put in the place of an array."""
    buffer = io.BytesIO(start.weights)
    with h5py.File(buffer, "r+") as file:
        paths: list[str] = []
        file.visititems(lambda name, node: paths.append(name) if isinstance(node, h5py.Dataset) else None)
        for _ in range(chance.choice((1, 1, 2))):
            path = chance.choice(paths)
            with suppress(Exception):  # what came before may leave no place for it
                replace_node(chance, file, path, file[path].shape or (5,))
    return replace(whole, model=zip_of(start, weights=buffer.getvalue()))


def _model_bytes(chance: random.Random, start: Seed, whole: Case) -> Case:
    """A whole model in HDF5 with damaged bytes."""
    return replace(whole, name="model.h5", model=damaged(chance, chance.choice(hdf5_seeds())))


def _model_structure(chance: random.Random, start: Seed, whole: Case) -> Case:
    """A whole model in HDF5 with other attributes, or with other things in the place of arrays and groups."""
    buffer = io.BytesIO(chance.choice(hdf5_seeds()))
    with h5py.File(buffer, "r+") as file:
        groups: list[str] = ["/"]
        arrays: list[str] = []
        file.visititems(lambda name, node: (arrays if isinstance(node, h5py.Dataset) else groups).append(name))
        for _ in range(chance.choice((1, 1, 2))):
            with suppress(Exception):  # what came before may leave no place for it
                if chance.random() < 0.5:
                    path = chance.choice(arrays)
                    replace_node(chance, file, path, file[path].shape or (5,))
                else:
                    replace_attribute(chance, file[chance.choice(groups)].attrs)
    return replace(whole, name="model.h5", model=buffer.getvalue())


def _tensor_bytes(chance: random.Random, start: Seed, whole: Case) -> Case:
    return replace(whole, name="model.safetensors", model=damaged(chance, chance.choice(tensor_seeds())))


def _tensor_header(chance: random.Random, start: Seed, whole: Case) -> Case:
    """A .safetensors file whose header was changed as JSON, with its length put right or not."""
    content = chance.choice(tensor_seeds())
    size = int.from_bytes(content[:8], "little")
    header = json_damaged(chance, json.loads(content[8 : 8 + size]))
    said = len(header) if chance.random() < 0.9 else chance.choice(NUMBERS)
    return replace(whole, name="model.safetensors", model=said.to_bytes(8, "little") + header + content[8 + size :])


def _configuration(chance: random.Random, start: Seed, whole: Case) -> Case:
    return replace(whole, model=zip_of(start, config=json_damaged(chance, start.config)))


def _layers(chance: random.Random, start: Seed, whole: Case) -> Case:
    """Layers that are doubled, unknown, custom, in another order, or calling one another in a ring."""
    config = copy.deepcopy(start.config)
    layers = config["config"]["layers"]
    kinds = ("Lambda", "Bidirectional", "Dense", "LSTM", "GRU", "Embedding", "Masking", "TimeDistributed", "Softmax",
             "RNN", "InputLayer", "Activation", "Dropout", "TorchModuleWrapper", "NotEqual")  # fmt: skip
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(layers) + 1)
        way = chance.random()
        if way < 0.3 or not layers:
            made = entry(chance.choice(kinds), chance.choice(WORDS), units=chance.choice(PLAIN), function="os.system")
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
    return replace(whole, model=zip_of(start, config=as_json(config)))


def _vocabulary(chance: random.Random, start: Seed, whole: Case) -> Case:
    changed = copy.deepcopy(VOCABULARY)
    if chance.random() < 0.4:
        tokens = changed["tokens"]
        chance.choice((
            lambda: tokens.append(chance.choice((*WORDS, "a", 7, None))), tokens.pop, lambda: chance.shuffle(tokens),
            lambda: tokens.extend("hij"), lambda: tokens.insert(chance.randrange(9), chance.choice(WORDS)),
            lambda: changed.update(level="word"), lambda: changed.update(eos=chance.choice(PLAIN)),
            lambda: changed.update(window=chance.choice(PLAIN), state=chance.choice(("window", "carried", 1))),
            lambda: changed.update(lower=chance.choice(PLAIN)),
        ))()  # fmt: skip
        return replace(whole, vocabulary=as_json(changed))
    return replace(whole, vocabulary=json_damaged(chance, changed))


def _card(chance: random.Random, start: Seed, whole: Case) -> Case:
    return replace(whole, card=json_damaged(chance, CARD))


def _tokenizer(chance: random.Random, start: Seed, whole: Case) -> Case:
    index = {chance.choice((*WORDS, *"abcdefgh")): number for number in range(1, 9)}
    config = {"char_level": True, "lower": True, "oov_token": chance.choice((None, "a", "<unk>")), "num_words": None}
    tree: Any = chance.choice((
        index, {"class_name": "Tokenizer", "config": {**config, "word_index": index}}, list(index),
        {str(number): token for token, number in index.items()}, {"char_to_idx": index, "other": [1]},
    ))  # fmt: skip
    return replace(whole, tokenizer=json_damaged(chance, tree))


def _nothing(chance: random.Random, start: Seed, whole: Case) -> Case:
    return whole


_Change = Callable[[random.Random, Seed, Case], Case]
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

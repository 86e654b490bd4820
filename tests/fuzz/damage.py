"""Damages bytes and JSON for every fuzzer: a few random changes of the kinds that have broken parsers."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

# -- bytes -----------------------------------------------------------------------------------------------------------

NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
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
    number = chance.choice(NUMBERS) if chance.random() < 0.8 else chance.randrange(len(data))
    data[at : at + size] = (number & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _somewhere(chance: random.Random, data: bytearray) -> int:
    """A random place, more often near a structure of HDF5 than among plain numbers."""
    marks = [at for mark in _HDF5_MARKS for at in places_of(data, mark)] if chance.random() < 0.6 else []
    if marks:
        return min(len(data) - 1, chance.choice(marks) + chance.randrange(96))
    return chance.randrange(len(data))


def places_of(data: bytearray, mark: bytes) -> list[int]:
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

WORDS = ("", "a", "<pad>", "<eos>", "<unk>", "lstm", "LSTM", "Dense", "Lambda", "softmax", "\x1b[2J", "\ud83d",
          "\u202e", "é", "名", "\n", "layers/../..", "x" * 5000, "__keras_tensor__", "input", "cell_0")  # fmt: skip
PLAIN: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 5, 9, 65_536, 65_537, 10**9, 10**18, 10**400, 1.5, -0.0, 1e308, float("nan"),
    float("inf"),
)  # fmt: skip


def anything(chance: random.Random, depth: int = 0) -> Any:
    pick = chance.random()
    if depth > 2 or pick < 0.45:
        return chance.choice(PLAIN)
    if pick < 0.75:
        return chance.choice(WORDS)
    if pick < 0.87:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(WORDS): anything(chance, depth + 1) for _ in range(chance.randrange(4))}


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
            node[key] = anything(chance)
        elif way < 0.7:
            del node[key]
        elif way < 0.85:
            other, other_key = _node(tree, chance.choice(places))
            node[key] = copy.deepcopy(other[other_key])
        elif isinstance(node, list):
            node.insert(key, copy.deepcopy(node[key]))
        else:
            node[chance.choice(WORDS)] = node[key]
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
    marks = [at for mark in (b": ", b", ") for at in places_of(bytearray(text), mark)]
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


def json_damaged(chance: random.Random, tree: Any) -> bytes:
    way = chance.random()
    if way < 0.7:
        return as_json(_changed(chance, tree))
    if way < 0.8:
        return _nested(chance, as_json(tree))
    return _odd_text(chance, as_json(tree)) if way < 0.9 else damaged(chance, as_json(tree))


def as_json(value: object) -> bytes:
    return json.dumps(value).encode("utf-8")

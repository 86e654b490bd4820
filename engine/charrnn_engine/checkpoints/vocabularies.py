"""Reads the vocabulary that a notebook left beside its model, in any of the shapes that notebooks write, as data.

A Keras Tokenizer's JSON or its word_index, a char_to_idx or idx_to_char mapping, a list, or a vocabulary.json. Knows
no networks; the caller says how many tokens there must be.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.files import named
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.store import read_json
from charrnn_engine.errors import CheckpointError, VocabularyError, shown
from charrnn_engine.vocabulary import EOS, FORMAT, PAD, UNKNOWN, Level, Vocabulary

_EOS_NAMES = ("<eos>", "<end>", "</s>", "<|endoftext|>", "eos", "[end]", "<s>")
_UNKNOWN_NAMES = ("<unk>", "[unk]", "<oov>", "unk", "<unknown>")
_PAD_NAMES = ("<pad>", "[pad]", "")
_MAX_BYTES = 16_000_000

Index = dict[int, str]


def read_vocabulary(file: Path, size: int) -> Vocabulary:
    """The vocabulary of `size` tokens in a JSON file. Raises CheckpointError, which begins with the file's name."""
    with named(file):
        if file.suffix.lower() in (".pkl", ".pickle"):
            raise CheckpointError(
                "it is a Python pickle, which could run anything when it is opened; in your notebook write JSON:"
                " import json; json.dump(mapping, open('vocabulary.json', 'w'))"
            )
    data = read_json(file, _MAX_BYTES)
    with named(file):
        if isinstance(data, str):  # to_json() gives a string, which json.dump writes as one
            data = _parsed(data)
        if isinstance(data, dict) and data.get("format") == FORMAT:
            try:
                found = Vocabulary.from_json(data)
            except VocabularyError as error:
                raise CheckpointError(str(error)) from None
            if len(found) != size:
                raise CheckpointError(f"it has {len(found)} tokens and the network has {size}")
            return found
        config = data.get("config") if isinstance(data, dict) and data.get("class_name") == "Tokenizer" else {}
        if not isinstance(config, dict):
            raise CheckpointError("its config is not a JSON object")
        index = _index(config.get("word_index", data) if config else data)
        if isinstance(data, list) and len(index) == size - 1:  # id 0 is for padding
            index = {number + 1: token for number, token in index.items()}
        most, lower = config.get("num_words"), config.get("lower")
        if isinstance(most, int):
            index = {number: token for number, token in index.items() if number < most}
        level: Level | None = None
        if "char_level" in config:
            level = "char" if config["char_level"] else "word"
        found = from_index(index, size, level=level, unknown=config.get("oov_token"))
        return replace(found, lower=lower) if isinstance(lower, bool) and found.level == "char" else found


def from_index(index: Mapping[int, str], size: int, *, level: Level | None = None, unknown: Any = None) -> Vocabulary:
    """The vocabulary of tokens by id, with special tokens by their usual names. Raises CheckpointError."""
    level = level or ("char" if sum(len(token) == 1 for token in index.values()) * 2 > len(index) else "word")
    index = _fitted(index, size)
    eos = _eos(index, level, unknown)
    placeholder = _placeholders(set(index.values()))
    tokens = []
    for number in range(size):
        token = index.get(number)
        name = None if token is None else token.lower()
        if number == 0 and (name is None or name in _PAD_NAMES):
            token = PAD
        elif number == eos:
            token = EOS
        elif token is None or name in _PAD_NAMES:
            token = placeholder()
        elif token == unknown or (len(token) > 1 and name in _UNKNOWN_NAMES):
            token = UNKNOWN if level == "word" and UNKNOWN not in tokens else placeholder()
        elif level == "word":
            token = f" {token}"  # a word includes the space before it; Keras' tokenizer drops it
        elif len(token) != 1:
            token = placeholder()
        tokens.append(token)
    letters = "".join(token for token in tokens if len(token) == 1)
    try:
        return Vocabulary(tokens, eos, level, level == "char" and letters.islower() and len(letters) > 1)
    except VocabularyError as error:
        raise CheckpointError(str(error)) from None


def _placeholders(used: set[str]) -> Callable[[], str]:
    """Characters that stand for ids without one: U+FFFD first, then from the private use area."""
    unused = (chr(code) for code in (0xFFFD, *range(0xF8FF, 0xDFFF, -1)) if chr(code) not in used)
    return lambda: next(unused, "")


def _fitted(index: Mapping[int, str], size: int) -> Index:
    """The index with ids from 0 to size - 1. Ids from 1 without padding move down by one."""
    numbers = set(index) or {-1}
    first, last = min(numbers), max(numbers)
    if first == 1 and last == size and len(numbers) == size:
        return {number - 1: token for number, token in index.items()}
    gaps = sorted(set(range(1, size - 1)) - numbers)  # id 0 may be padding, and the last one unused
    if last >= size or len(gaps) > 2:
        raise CheckpointError(
            f"its ids go from {shown(first)} to {shown(last)} and the network has {size} tokens;"
            " does it belong to this model, and was it written after the last token was added?"
        )
    if gaps:
        raise CheckpointError(f"no token has the id {gaps[0]}; they must be numbered without a gap")
    return dict(index)


def _index(data: Any) -> Index:
    """Tokens by id of a list or a mapping, either way round, or of the first such thing in an object."""
    if isinstance(data, str):  # to_json() has JSON within JSON
        data = _parsed(data)
    if isinstance(data, list) and data and all(isinstance(token, str) for token in data):
        return dict(enumerate(data))
    if not isinstance(data, dict) or not data:
        raise CheckpointError(
            "it is not a vocabulary; a list, char_to_idx, idx_to_char or Tokenizer.to_json() is read"
        )
    pairs: list[tuple[str, Any]] = list(data.items())
    if all(isinstance(value, str) for value in data.values()) and all(key.isdecimal() for key in data):
        pairs = [(value, int(key)) for key, value in pairs if len(key) < 10]
    elif not any(isinstance(value, int) for value in data.values()):
        inner = next((value for value in data.values() if isinstance(value, dict | list) and len(value) > 1), None)
        if inner is not None:
            return _index(inner)
    index: Index = {}
    for token, number in pairs:
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise CheckpointError(f"the id of {shown(token)} is {shown(number)}, which is not a whole number from 0")
        if number in index:
            raise CheckpointError(f"the id {shown(number)} belongs to both {shown(index[number])} and {shown(token)}")
        index[number] = token
    return index


def _parsed(text: str) -> object:
    try:
        return parse_json(text.encode("utf-8", "replace"))
    except ValueError:
        return None


def _eos(index: Mapping[int, str], level: Level, unknown: Any) -> int | None:
    """The token that ends a text: one of the usual names, else the only token that isn't a character."""
    for number, token in index.items():
        if token.lower() in _EOS_NAMES and token != unknown:
            return number
    special = (*_UNKNOWN_NAMES, *_PAD_NAMES)
    longer = [n for n, token in index.items() if len(token) > 1 and token != unknown and token.lower() not in special]
    return longer[0] if level == "char" and len(longer) == 1 else None

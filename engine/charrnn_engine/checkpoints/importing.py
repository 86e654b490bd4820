"""A Keras model and its Tokenizer, as a notebook leaves them, become a checkpoint. Opens both as data; no TensorFlow.

The tokenizer is what `Tokenizer.to_json()` gives, or the bare `word_index`; ids start at 1, and 0 is padding.
"""

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.keras_archive import read_network
from charrnn_engine.checkpoints.store import write_checkpoint
from charrnn_engine.errors import CheckpointError, shown
from charrnn_engine.network.model import CharRNN
from charrnn_engine.vocabulary import EOS, PAD, UNKNOWN, Level, Vocabulary

_EOS_NAMES = ("<eos>", "<end>", "</s>", "<|endoftext|>", "eos")
_UNKNOWN_CHARACTER = "\ufffd"  # what an out-of-vocabulary token of characters becomes: U+FFFD
_MAX_BYTES = 16_000_000


@dataclass(frozen=True)
class Imported:
    """The checkpoint's model, and what its owner should know of it."""

    model: CharRNN
    remarks: tuple[str, ...]


def import_keras(model_file: Path, tokenizer_file: Path, out: Path) -> Imported:
    """Writes the checkpoint folder `out`.

    Raises CheckpointError where the model or the tokenizer can't be used, or they don't belong together, and OSError
    where the folder can't be written.
    """
    network, parameters = read_network(model_file)
    vocabulary, remarks = read_tokenizer(tokenizer_file)
    size = network.vocabulary_size
    if len(vocabulary) != size:
        raise CheckpointError(
            f"{tokenizer_file}: the tokenizer's ids go from 1 to {len(vocabulary) - 1} and the network has {size}"
            f" inputs, so they should go to {size - 1}; was <eos> added after this file was written?"
        )
    card = {
        "name": out.name,
        "imported": {"model": model_file.name, "tokenizer": tokenizer_file.name},
        "network": {"vocabulary": size, "parameters": parameters},
        "held_out": [],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }
    model = CharRNN(vocabulary, network, out.name, card, parameters)
    write_checkpoint(out, model_file, vocabulary, card)
    if vocabulary.eos is None:
        remarks = (*remarks, "the tokenizer has no <eos>: texts have no end, and every one needs a prompt")
    return Imported(model, remarks)


def read_tokenizer(file: Path) -> tuple[Vocabulary, tuple[str, ...]]:
    """The vocabulary of a tokenizer file, and remarks. Raises CheckpointError."""
    data = _read(file)
    config = data.get("config", {}) if data.get("class_name") == "Tokenizer" else {}
    if not isinstance(config, dict):
        raise CheckpointError(f"{file}: its config is no JSON object")
    index = _word_index(file, data, config)
    most = config.get("num_words")
    if isinstance(most, int):
        index = {token: number for token, number in index.items() if number < most}
    level: Level = "char" if config.get("char_level", _looks_like_characters(index)) else "word"
    tokens, eos = _tokens(file, index, level, config.get("oov_token"))
    remarks = ("the tokenizer writes everything in small letters; so must prompts be",) if config.get("lower") else ()
    try:
        return Vocabulary(tokens, eos, level), remarks
    except ValueError as error:
        raise CheckpointError(f"{file}: {error}") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        content = _beginning(file)
        data = parse_json(content) if len(content) <= _MAX_BYTES else None
        if isinstance(data, str):  # to_json() gives a string, which json.dump writes as one
            data = parse_json(data.encode())
    except FileNotFoundError:
        raise CheckpointError(f"{file}: there is no such file") from None
    except OSError as error:
        raise CheckpointError(f"{file}: it can't be read ({error.strerror or error})") from None
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise CheckpointError(f"{file}: it is no tokenizer; Tokenizer.to_json() or its word_index is expected")
    return data


def _beginning(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_MAX_BYTES + 1)


def _word_index(file: Path, data: dict[str, Any], config: dict[str, Any]) -> dict[str, int]:
    index: Any = config.get("word_index", data.get("word_index", None if config else data))
    if isinstance(index, str):  # to_json() holds it as JSON within JSON
        try:
            index = parse_json(index.encode())
        except ValueError:
            index = None
    if not isinstance(index, dict) or not index:
        raise CheckpointError(f"{file}: it holds no word_index")
    for token, number in index.items():
        if isinstance(number, bool) or not isinstance(number, int):
            raise CheckpointError(f"{file}: the id of {shown(token)} is {shown(number)}, which is no whole number")
        if number < 0 or (number == 0 and token != PAD):
            raise CheckpointError(
                f"{file}: {shown(token)} has the id {shown(number)}; ids start at 1, and 0 is padding"
            )
    return {token: number for token, number in index.items() if number}


def _looks_like_characters(index: dict[str, int]) -> bool:
    return sum(len(token) == 1 for token in index) * 2 > len(index)


def _tokens(file: Path, index: dict[str, int], level: Level, oov: Any) -> tuple[list[str], int | None]:
    """Tokens by id, as a vocabulary spells them, and the id of `<eos>`."""
    by_id: dict[int, str] = {0: PAD}
    eos = _eos(index, level, oov)
    for token, number in index.items():
        if number in by_id:
            raise CheckpointError(
                f"{file}: the id {shown(number)} stands for both {shown(by_id[number])} and {shown(token)}"
            )
        if token == oov:
            token = _UNKNOWN_CHARACTER if level == "char" else UNKNOWN
        elif number == eos:
            token = EOS
        elif level == "word":
            token = " " + token  # a word brings the space before it; Keras' tokenizer drops it
        by_id[number] = token
    missing = sorted(set(range(max(by_id) + 1)) - set(by_id))[:1] if max(by_id) < 10 * len(by_id) else [len(by_id)]
    if missing:
        raise CheckpointError(f"{file}: no token has the id {missing[0]}; they must be numbered without a gap")
    return [by_id[number] for number in range(len(by_id))], eos


def _eos(index: dict[str, int], level: Level, oov: Any) -> int | None:
    """The token that ends a text: one of the usual names, else the only token that is no character."""
    for token, number in index.items():
        if token.lower() in _EOS_NAMES and token != oov:
            return number
    longer = [token for token in index if len(token) > 1 and token != oov]
    return index[longer[0]] if level == "char" and len(longer) == 1 else None

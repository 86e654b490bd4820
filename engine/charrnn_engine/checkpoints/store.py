"""A checkpoint folder (`model.keras`, `vocabulary.json`, `card.json`): find, list, read, write atomically.

An imported model keeps the kind of file that it came in, as `model.h5` or `model.safetensors`.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.files import named, read_regular
from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.limits import MAX_JSON_BYTES
from charrnn_engine.checkpoints.locations import checkpoint_folders, expanded
from charrnn_engine.checkpoints.model_files import read_network
from charrnn_engine.errors import CheckpointError, VocabularyError, shown
from charrnn_engine.network.model import CharRNN, Network
from charrnn_engine.vocabulary import Vocabulary

MODEL_FILE = "model.keras"
MODEL_FILES = (MODEL_FILE, "model.h5", "model.safetensors")
VOCABULARY_FILE = "vocabulary.json"
CARD_FILE = "card.json"
DEFAULT_NAMES = ("headlines", "headlines-notebook")
"""What opens when no model is named: the first of these that is found, else the first in the list."""

_NAMES = {".h5": "model.h5", ".hdf5": "model.h5", ".safetensors": "model.safetensors"}
_ENDINGS = (".keras", *_NAMES)
_NAMED_AT_MOST = 20  # models in a message
_LONGEST_TEXT = 1_000  # characters of one text in a card; no screen shows more


@dataclass(frozen=True)
class CheckpointInfo:
    """What a checkpoint says of itself, without its weights. `problem` says why it can't be used."""

    name: str
    folder: Path
    card: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def model_file(folder: Path) -> Path | None:
    """The file with the weights in a checkpoint folder, or None if there is none."""
    found = _model_file(os.fspath(folder))
    return None if found is None else Path(found)


def _model_file(folder: str) -> str | None:
    # os.path answers False for names that no file can have; Path raises an error, and takes ten times as long.
    paths = (os.path.join(folder, name) for name in MODEL_FILES)  # noqa: PTH118
    return next((path for path in paths if os.path.isfile(path)), None)  # noqa: PTH113


def find_checkpoints() -> dict[str, Path]:
    """The folder of every checkpoint that can be found by name, in order of search. Reads none of them.

    A name shadows the same name further on.
    """
    return {name: file.parent for name, file in find_model_files().items()}


def find_model_files() -> dict[str, Path]:
    """As `find_checkpoints`, with the model file of each instead of its folder."""
    found: dict[str, Path] = {}
    for root in checkpoint_folders():
        try:
            names = sorted(os.listdir(root))  # noqa: PTH208  # thousands of names are listed in the time of one Path
        except OSError:
            continue  # a folder that doesn't exist or can't be read holds no checkpoints for us
        for name in names:
            # Names that begin with a dot are checkpoints half written.
            file = None if name in found or name.startswith(".") else _model_file(f"{root}{os.sep}{name}")
            if file is not None:
                found[name] = Path(file)
    return found


def list_checkpoints() -> list[CheckpointInfo]:
    """Every checkpoint that can be found by name, with its card: see `find_checkpoints`."""
    return [describe_checkpoint(folder) for folder in find_checkpoints().values()]


def describe_checkpoint(folder: Path) -> CheckpointInfo:
    """What can be said of a checkpoint without opening its weights."""
    try:
        stored_vocabulary(folder / VOCABULARY_FILE)
        return CheckpointInfo(folder.name, folder, read_card(folder))
    except CheckpointError as error:
        return CheckpointInfo(folder.name, folder, problem=str(error))


def default_checkpoint() -> str:
    """The name of the model that opens when none is named. Raises CheckpointError if there is none at all."""
    for name in DEFAULT_NAMES:  # found without listing folders that may hold thousands of models
        file = _found_by_name(name)
        if file is not None and describe_checkpoint(file.parent).problem is None:
            return name
    for name, folder in find_checkpoints().items():
        if describe_checkpoint(folder).problem is None:
            return name
    raise CheckpointError("there is no model to open; train one with: charrnn-tui train CORPUS")


def find_checkpoint(name_or_path: str | Path) -> Path:
    """The file with a model's weights, given by a path (folder or file) or by a name.

    Something with a path separator or the ending of a model file is a path; anything else is a name first, then a
    path. Raises CheckpointError where nothing is found, with the names there are.
    """
    text = os.fspath(name_or_path)
    looks_like_path = isinstance(name_or_path, Path) or os.sep in text or text.endswith(_ENDINGS)
    if not looks_like_path and (found := _found_by_name(text)) is not None:
        return found
    path = expanded(text)
    is_folder = os.path.isdir(path)  # noqa: PTH112
    file = model_file(path) if is_folder else path
    if not text or file is None or not os.path.isfile(file):  # noqa: PTH113
        if is_folder and text:
            raise CheckpointError(f"{path}: the folder holds no {MODEL_FILE}; is it a checkpoint?")
        known = [*find_checkpoints()]
        more = f" and {len(known) - _NAMED_AT_MOST:,} more" if len(known) > _NAMED_AT_MOST else ""
        names = (", ".join(known[:_NAMED_AT_MOST]) or "none") + more
        raise CheckpointError(f"there is no model {shown(text)}; by name there are: {names}")
    return file


def _found_by_name(name: str) -> Path | None:
    """The file of the first model of that name, in order of search."""
    if name in ("", ".", ".."):
        return None
    return next((file for root in checkpoint_folders() if (file := model_file(root / name)) is not None), None)


def load(name_or_path: str | Path) -> CharRNN:
    """Opens a model by name or path.

    Raises CheckpointError, one line that names the file and what is wrong with it.
    """
    file = find_checkpoint(name_or_path)
    folder = file.parent
    vocabulary = stored_vocabulary(folder / VOCABULARY_FILE)
    card = read_card(folder)
    network, parameters = read_network(file, len(vocabulary))
    name = folder.resolve().name if file.name in MODEL_FILES else file.stem
    with named(folder):
        return CharRNN(vocabulary, used_as_said(network, vocabulary), name, card, parameters)


def used_as_said(network: Network, vocabulary: Vocabulary) -> Network:
    """The network with its state carried on, or with the window that the vocabulary names. Raises CheckpointError."""
    window = vocabulary.window if vocabulary.state == "window" else None
    if window is None and network.attention is not None:
        raise CheckpointError("a network with attention has no state to carry on; its state must be 'window'")
    return replace(network, window=window)


def read_json(path: Path, limit: int = MAX_JSON_BYTES) -> object:
    """The value in a JSON file. Raises CheckpointError, which begins with the file's name."""
    with named(path):
        content = read_regular(path, limit)
        try:
            return parse_json(content)
        except ValueError:
            raise CheckpointError("it is not readable JSON in UTF-8") from None


def stored_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary in a checkpoint's VOCABULARY_FILE. Raises CheckpointError."""
    if not os.path.lexists(path):
        raise CheckpointError(f"{path}: the file is missing; it must be beside the model")
    try:
        return Vocabulary.from_json(read_json(path))
    except VocabularyError as error:
        raise CheckpointError(f"{path}: {error}") from None


def read_card(folder: Path) -> dict[str, Any]:
    """A checkpoint's card, or nothing where there is none. Raises CheckpointError for one that can't be read."""
    path = folder / CARD_FILE
    if not os.path.lexists(path):
        return {}
    card = _shortened(read_json(path))
    if not isinstance(card, dict):
        raise CheckpointError(f"{path}: it is not a JSON object")
    return card


def _shortened(value: Any) -> Any:
    """A JSON value with every text cut to what can be shown."""
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    return {_shortened(key): _shortened(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def write_checkpoint(folder: Path, model_file: Path, vocabulary: Vocabulary, card: Mapping[str, Any]) -> None:
    """Writes a checkpoint so that `folder` is at every instant a whole one, or doesn't exist.

    `model_file` is copied; its ending says which of MODEL_FILES it becomes. An older checkpoint in `folder` is only
    replaced once the new one is whole beside it on the disk. Raises OSError if the disk refuses; the older checkpoint
    is then untouched.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        new.chmod(0o755)
        shutil.copyfile(model_file, new / _NAMES.get(model_file.suffix.lower(), MODEL_FILE))
        for name, content in ((VOCABULARY_FILE, vocabulary.to_json()), (CARD_FILE, dict(card))):
            text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
            (new / name).write_text(text + "\n", encoding="utf-8")
        for file in new.iterdir():
            _flush(file)
        _replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _flush(path: Path) -> None:
    with path.open("r+b") as file:  # Windows flushes only what may be written to
        os.fsync(file.fileno())


def _replace(new: Path, folder: Path) -> None:
    """Moves `new` to `folder`; what was there goes to where `new` was."""
    if not folder.exists():
        new.rename(folder)
        return
    if _exchange(new, folder):
        return
    # Without an atomic exchange two renames are the best there is; the old folder is still found by its path.
    aside = new.with_name(f"{new.name}-old")
    folder.rename(aside)
    try:
        new.rename(folder)
    except OSError:
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders atomically, where the system can (Linux: renameat2 with RENAME_EXCHANGE)."""
    import ctypes

    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError, TypeError):  # the last one on Windows
        return False
    at_cwd, exchange = -100, 2
    return bool(renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0)

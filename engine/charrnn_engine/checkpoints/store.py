"""A checkpoint folder (`model.keras`, `vocabulary.json`, `card.json`): find, list, read, write atomically."""

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.json_text import parse_json
from charrnn_engine.checkpoints.keras_archive import read_network
from charrnn_engine.checkpoints.locations import checkpoint_folders
from charrnn_engine.errors import CheckpointError, VocabularyError, shown
from charrnn_engine.network.model import CharRNN
from charrnn_engine.vocabulary import Vocabulary

MODEL_FILE = "model.keras"
VOCABULARY_FILE = "vocabulary.json"
CARD_FILE = "card.json"
DEFAULT_NAMES = ("headlines", "headlines-notebook")
"""What opens when no model is named: the first of these that is found, else the first in the list."""

_MAX_JSON_BYTES = 8_000_000


@dataclass(frozen=True)
class CheckpointInfo:
    """What can be said of a checkpoint without opening its weights. `problem` says why it can't be used."""

    name: str
    folder: Path
    card: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None


def list_checkpoints() -> list[CheckpointInfo]:
    """Every checkpoint that can be found by name, in order of search; a name shadows the same name further on."""
    found: dict[str, CheckpointInfo] = {}
    for root in checkpoint_folders():
        try:
            folders = sorted(path for path in root.iterdir() if (path / MODEL_FILE).is_file())
        except OSError:
            continue  # a folder that isn't there, or isn't ours to read, holds no checkpoints for us
        for folder in folders:
            # Names with a dot in front are checkpoints half written.
            if folder.name not in found and not folder.name.startswith("."):
                found[folder.name] = _info(folder)
    return list(found.values())


def _info(folder: Path) -> CheckpointInfo:
    try:
        _read_vocabulary(folder / VOCABULARY_FILE)
        return CheckpointInfo(folder.name, folder, _read_card(folder / CARD_FILE))
    except CheckpointError as error:
        return CheckpointInfo(folder.name, folder, problem=str(error))


def default_checkpoint() -> str:
    """The name of the model that opens when none is named. Raises CheckpointError where there is none at all."""
    names = [info.name for info in list_checkpoints() if info.problem is None]
    for name in (*DEFAULT_NAMES, *names):
        if name in names:
            return name
    raise CheckpointError("there is no model to open; train one with: charrnn-tui train CORPUS")


def find_checkpoint(name_or_path: str | Path) -> Path:
    """The `.keras` file of a model, given by a path (folder or file) or by a name.

    Something with a path separator or ending in `.keras` is a path; anything else is a name first, then a path.
    Raises CheckpointError where nothing is found, with the names there are.
    """
    text = os.fspath(name_or_path)
    looks_like_path = isinstance(name_or_path, Path) or os.sep in text or text.endswith(".keras")
    if not looks_like_path:
        for root in checkpoint_folders():
            file = root / text / MODEL_FILE
            if text and text not in (".", "..") and file.is_file():
                return file
    path = Path(text).expanduser()
    file = path / MODEL_FILE if path.is_dir() else path
    if not text or not file.is_file():
        if path.is_dir() and text:
            raise CheckpointError(f"{path}: the folder holds no {MODEL_FILE}; is it a checkpoint?")
        names = ", ".join(info.name for info in list_checkpoints()) or "none"
        raise CheckpointError(f"there is no model {shown(text)}; by name there are: {names}")
    return file


def load(name_or_path: str | Path) -> CharRNN:
    """Opens a model by name or path.

    Raises CheckpointError, one line that names the file and what is wrong with it.
    """
    file = find_checkpoint(name_or_path)
    folder = file.parent
    vocabulary = _read_vocabulary(folder / VOCABULARY_FILE)
    card = _read_card(folder / CARD_FILE)
    network, parameters = read_network(file, len(vocabulary))
    name = folder.resolve().name if file.name == MODEL_FILE else file.stem
    try:
        return CharRNN(vocabulary, network, name, card, parameters)
    except CheckpointError as error:
        raise CheckpointError(f"{folder}: {error}") from None


def _read_json(path: Path) -> object:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_JSON_BYTES + 1)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: the file is missing; it must stand beside the model") from None
    except OSError as error:
        raise CheckpointError(f"{path}: it can't be read ({error.strerror or error})") from None
    if len(content) > _MAX_JSON_BYTES:
        raise CheckpointError(f"{path}: it is larger than {_MAX_JSON_BYTES // 1_000_000} MB")
    try:
        return parse_json(content)
    except ValueError:
        raise CheckpointError(f"{path}: it is not readable JSON in UTF-8") from None


def _read_vocabulary(path: Path) -> Vocabulary:
    try:
        return Vocabulary.from_json(_read_json(path))
    except VocabularyError as error:
        raise CheckpointError(f"{path}: {error}") from None


def _read_card(path: Path) -> dict[str, Any]:
    """The card, or nothing where there is none: a model without one still plays."""
    if not path.exists():
        return {}
    card = _read_json(path)
    if not isinstance(card, dict):
        raise CheckpointError(f"{path}: it is not a JSON object")
    return card


def write_checkpoint(folder: Path, model_file: Path, vocabulary: Vocabulary, card: Mapping[str, Any]) -> None:
    """Writes a checkpoint so that `folder` is at every instant a whole one, or not there.

    `model_file` is copied. An older checkpoint in `folder` stands until the new one is whole beside it on the
    disk. Raises OSError where the disk refuses; the older checkpoint is then untouched.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        new.chmod(0o755)
        shutil.copyfile(model_file, new / MODEL_FILE)
        for name, content in ((VOCABULARY_FILE, vocabulary.to_json()), (CARD_FILE, dict(card))):
            text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
            (new / name).write_text(text + "\n", encoding="utf-8")
        for file in new.iterdir():
            _flush(file)
        _replace(new, folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _replace(new: Path, folder: Path) -> None:
    """Moves `new` to `folder`; what stood there goes to where `new` was."""
    if not folder.exists():
        new.rename(folder)
        return
    if _exchange(new, folder):
        return
    # Without an atomic exchange two renames are the best there is; the old one stays findable by path.
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
    except (OSError, AttributeError):
        return False
    at_cwd, exchange = -100, 2
    return bool(renameat2(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0)

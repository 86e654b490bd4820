"""What a run takes over from the model that it starts from: the sizes of its network, its weights and its vocabulary.
No TensorFlow."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.model_files import ModelFile, read_model
from charrnn_engine.checkpoints.plain_stack import obstacle
from charrnn_engine.checkpoints.store import VOCABULARY_FILE, find_checkpoint, stored_vocabulary
from charrnn_engine.errors import SettingsError
from charrnn_engine.runs.settings import Cell, TrainingSettings
from charrnn_engine.vocabulary import PAD, Vocabulary

_CELLS: dict[str, Cell] = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def taken_over(name_or_path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the settings that a model fixes. Raises CheckpointError where it can't be opened, SettingsError
    where `given` says otherwise or training can't make such a network."""
    model = _described(find_checkpoint(name_or_path))
    if model.obstacle:
        raise SettingsError(
            f"--from {name_or_path}: training can't build {model.obstacle}; leave --from out to train from scratch"
        )
    for field, value in model.fields.items():
        if given.get(field, value) != value:
            raise SettingsError(
                f"--from {name_or_path}: this model has {field} {value}, not {given[field]}; leave --{field} out"
            )
    return model.fields


def starting_vocabulary(settings: TrainingSettings) -> Vocabulary | None:
    """The vocabulary that a run begins with if it starts from a model, None where it starts from none.

    It is the model's. `<pad>` is put in front if the model has none, and as training carries the state on, so does
    the model that is trained. Raises what `taken_over` raises.
    """
    if not settings.start_from:
        return None
    taken_over(settings.start_from, {**vars(settings.network), "level": settings.corpus.level})
    vocabulary = _described(find_checkpoint(settings.start_from)).vocabulary
    added = 1 if vocabulary.pad is None else 0
    eos = None if vocabulary.eos is None else vocabulary.eos + added
    tokens = [PAD] * added + vocabulary.tokens
    return replace(vocabulary, tokens=tokens, eos=eos, window=None, state="carried")


def starting_network(name_or_path: str) -> tuple[ModelFile, Vocabulary]:
    """A model's network, and the vocabulary that its rows and columns belong to. Raises CheckpointError."""
    file = find_checkpoint(name_or_path)
    vocabulary = stored_vocabulary(file.parent / VOCABULARY_FILE)
    return read_model(file, len(vocabulary)), vocabulary


@dataclass(frozen=True)
class _Description:
    """What training can't build in a model, if anything; the sizes and the level that it fixes; its vocabulary."""

    obstacle: str
    fields: dict[str, Any]
    vocabulary: Vocabulary


def _described(file: Path) -> _Description:
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _read(file: Path, changed: int) -> _Description:
    """Cached, because the app asks at every key; `changed` is when the file was written to."""
    found, vocabulary = starting_network(str(file))
    if reason := obstacle(found):
        return _Description(reason, {}, vocabulary)
    cells = found.network.cells
    fields = {
        "cell": _CELLS[type(cells[0]).__name__], "layers": len(cells), "units": cells[0].hidden,
        "embedding": 0 if found.table is None else found.table.shape[1], "level": vocabulary.level,
    }  # fmt: skip
    return _Description("", fields, vocabulary)

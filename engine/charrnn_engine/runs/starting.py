"""What a run takes over from the model that it starts from: the sizes of its network and its vocabulary. No
TensorFlow."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.store import find_checkpoint, load
from charrnn_engine.errors import SettingsError
from charrnn_engine.runs.limits import count_parameters
from charrnn_engine.runs.settings import Cell, NetworkSettings, TrainingSettings
from charrnn_engine.vocabulary import Vocabulary

_CELLS: dict[str, Cell] = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def taken_over(name_or_path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the settings that a model fixes. Raises CheckpointError where it can't be opened, SettingsError
    where `given` says otherwise or training can't make such a network."""
    file = find_checkpoint(name_or_path)
    fixed = _fixed(file, file.stat().st_mtime_ns)
    if not fixed:
        raise SettingsError(f"--from {name_or_path}: training can't make a network like this one")
    for field, value in fixed.items():
        if given.get(field, value) != value:
            raise SettingsError(
                f"--from {name_or_path}: this model has {field} {value}, not {given[field]}; leave --{field} out"
            )
    return fixed


def starting_vocabulary(settings: TrainingSettings) -> Vocabulary | None:
    """The vocabulary of the model that a run starts from, None where it starts from none. Raises what `taken_over`
    raises."""
    if not settings.start_from:
        return None
    taken_over(settings.start_from, {**vars(settings.network), "level": settings.corpus.level})
    return load(settings.start_from).vocabulary


@lru_cache(maxsize=8)
def _fixed(file: Path, changed: int) -> dict[str, Any]:
    """The sizes of a network like a model's, and its level; empty where training can't make one. Cached, because the
    app asks at every key; `changed` is when the file was written to."""
    model = load(file)
    cells, vocabulary_size = model.network.cells, len(model.vocabulary)
    kinds = {(_CELLS.get(type(cell).__name__), cell.hidden) for cell in cells}
    cell, units = min(kinds, key=str)
    if len(kinds) > 1 or cell is None:
        return {}

    def parameters(width: int) -> int:
        return count_parameters(NetworkSettings(cell, len(cells), units, width), vocabulary_size)

    # An embedding is multiplied out on opening; its width follows from the number of weights.
    solved = 1 + (model.parameters - parameters(1)) // (parameters(2) - parameters(1))
    for width in (0, solved):
        if width >= 0 and parameters(width) == model.parameters:
            sizes = {"cell": cell, "layers": len(cells), "units": units, "embedding": width}
            return {**sizes, "level": model.vocabulary.level}
    return {}

"""What a run takes over from the model that it starts from: the sizes of its network and its vocabulary. No
TensorFlow."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from charrnn_engine.checkpoints.store import find_checkpoint, load
from charrnn_engine.errors import SettingsError
from charrnn_engine.network.model import CharRNN
from charrnn_engine.runs.limits import count_parameters
from charrnn_engine.runs.settings import Cell, NetworkSettings, TrainingSettings
from charrnn_engine.vocabulary import Vocabulary

_CELLS: dict[str, Cell] = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}


def taken_over(name_or_path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the settings that a model fixes. Raises CheckpointError where it can't be opened, SettingsError
    where `given` says otherwise or training can't make such a network."""
    file = find_checkpoint(name_or_path)
    fixed = _fixed(file, file.stat().st_mtime_ns)
    if fixed is None:
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
def _fixed(file: Path, changed: int) -> dict[str, Any] | None:
    """Cached, because the app asks at every key; `changed` is when the file was written to."""
    model = load(file)
    network = _network(model)
    if network is None:
        return None
    sizes = {field: getattr(network, field) for field in ("cell", "layers", "units", "embedding")}
    return {**sizes, "level": model.vocabulary.level}


def _network(model: CharRNN) -> NetworkSettings | None:
    """The settings that make a network like a model's, None where there are none."""
    cells, vocabulary_size = model.network.cells, len(model.vocabulary)
    kinds = {(_CELLS.get(type(cell).__name__), cell.hidden) for cell in cells}
    cell, units = min(kinds, key=str)
    if len(kinds) > 1 or cell is None:
        return None
    # An embedding is multiplied out on opening; its width follows from the number of weights.
    narrow, wide = (NetworkSettings(cell, len(cells), units, width) for width in (1, 2))
    one, two = count_parameters(narrow, vocabulary_size), count_parameters(wide, vocabulary_size)
    for width in (0, 1 + (model.parameters - one) // (two - one)):
        if width >= 0:
            network = NetworkSettings(cell, len(cells), units, width)
            if count_parameters(network, vocabulary_size) == model.parameters:
                return network
    return None

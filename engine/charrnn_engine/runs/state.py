"""All that a run needs to go on exactly where it was, in one file that is replaced atomically. No TensorFlow."""

import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import TrainingError
from charrnn_engine.runs.folder import state_file
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.vocabulary import Vocabulary

Arrays = list[NDArray[Any]]


@dataclass(frozen=True)
class Progress:
    """How far a run is. `epoch` counts finished epochs, `step` the steps of the current one, `total` all steps;
    `nats` and `tokens` are sums over the current epoch.

    `best` is the lowest validation in nats per token, reached after `best_epoch` epochs; 0 epochs means none yet.
    """

    epoch: int = 0
    step: int = 0
    total: int = 0
    nats: float = 0.0
    tokens: int = 0
    best: float = float("inf")
    best_epoch: int = 0
    since_best: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class State:
    """`weights` and `optimizer` in the order of the Keras variables; `fingerprint` is that of the corpus."""

    settings: TrainingSettings
    vocabulary: Vocabulary
    progress: Progress
    fingerprint: int
    weights: Arrays = field(repr=False)
    optimizer: Arrays = field(repr=False)


def write_state(out: Path, state: State) -> None:
    """Replaces the state of the run that writes to `out`; at every instant a whole one is there. Raises OSError."""
    file = state_file(out)
    file.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "settings": state.settings.to_json(), "vocabulary": state.vocabulary.to_json(),
        "progress": asdict(state.progress), "fingerprint": state.fingerprint,
    }  # fmt: skip
    arrays: dict[str, Any] = {
        f"{kind}-{n}": array for kind in ("weights", "optimizer") for n, array in enumerate(getattr(state, kind))
    }
    new = file.with_suffix(".tmp")  # there is one writer: who holds the lock
    try:
        with new.open("wb") as stream:
            np.savez(stream, about=np.array(json.dumps(about)), **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(file)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def read_state(out: Path) -> State:
    """Raises TrainingError where there is none, or it can't be read."""
    file = state_file(out)
    try:
        with np.load(file, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            weights, optimizer = (
                [stored[f"{kind}-{n}"] for n in range(sum(name.startswith(f"{kind}-") for name in stored.files))]
                for kind in ("weights", "optimizer")
            )
        settings, vocabulary = (
            TrainingSettings.from_json(about["settings"]),
            Vocabulary.from_json(about["vocabulary"]),
        )
        return State(settings, vocabulary, Progress(**about["progress"]), about["fingerprint"], weights, optimizer)
    except FileNotFoundError:
        raise TrainingError(f"there is no run to resume for {out}; leave out --resume to start one") from None
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{file}: the run can't be resumed from it ({error}); start it again") from None

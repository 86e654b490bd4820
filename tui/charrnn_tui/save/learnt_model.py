"""Saves what a model has learnt from a text as a new model of the user's. Knows no screen, and may run in a thread.

What reads and writes models is imported late, because that takes a while.
"""

from pathlib import Path

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.recording import Recording
from charrnn_engine.network.model import CharRNN


def models_folder() -> Path:
    """The folder where models are saved, and found by name."""
    return user_checkpoints()


def model_name(stem: str) -> str:
    """An unused name for a model that learnt from a text; `stem` is the name of the model before that."""
    from charrnn_engine.checkpoints.store import find_checkpoints

    taken = find_checkpoints()
    numbered = (f"{stem}-learnt-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (f"{stem}-learnt", *numbered) if name not in taken)


def save_model(learnt: CharRNN, source: str, recording: Recording, name: str) -> Path:
    """Writes the model to the folder `name`, and returns the folder. `source` is the name or path that the model was
    opened by. The card says how much text it learnt from. Raises CharRNNError for a name in use, and OSError.
    """
    from charrnn_engine.checkpoints.adapted import write_adapted
    from charrnn_engine.checkpoints.store import find_checkpoint

    folder = models_folder() / name
    if folder.exists():
        raise CharRNNError(f"there is a model {name!r} already; type another name")
    rates = sorted({controls.adapt for _, controls in recording.changes if controls.adapt})
    write_adapted(folder, find_checkpoint(source), learnt, {"from": learnt.name, "rates": rates,
                                                            "tokens": recording.length})  # fmt: skip
    return folder

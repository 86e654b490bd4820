"""Saves what a model has learnt from a text, as a model of its own among the user's. Knows no screen; may run in a
thread. Imports what reads and writes models only then.
"""

from pathlib import Path

from charrnn_engine.checkpoints.locations import user_checkpoints
from charrnn_engine.errors import CharRNNError
from charrnn_engine.generation.recording import Recording
from charrnn_engine.network.model import CharRNN


def models_folder() -> Path:
    """Where models are saved, to be found by name."""
    return user_checkpoints()


def model_name(stem: str) -> str:
    """A name that no model has, for one that goes back to another."""
    from charrnn_engine.checkpoints.store import find_checkpoints

    taken = find_checkpoints()
    numbered = (f"{stem}-learnt-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (f"{stem}-learnt", *numbered) if name not in taken)


def save_model(learnt: CharRNN, source: str, recording: Recording, name: str) -> Path:
    """Writes the model to a folder `name`, and returns it. `source` is what the model was opened by; the card says
    how much text it has learnt from. Raises CharRNNError for a name that is taken, and OSError.
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

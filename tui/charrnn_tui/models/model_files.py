"""A saved model on its way to a checkpoint: what its file holds, and the name it is saved under.

Reads and writes files, so call it in a thread. Knows no widgets.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from charrnn_engine.errors import CharRNNError
from charrnn_engine.vocabulary import State
from charrnn_tui.ui.cards import network_text

if TYPE_CHECKING:
    from charrnn_engine.checkpoints.importing import Imported

MODEL_ENDINGS = (".keras", ".h5", ".hdf5", ".safetensors")


def may_be_model(path: Path) -> bool:
    """Whether a file's name ends as that of a model."""
    return path.suffix.lower() in MODEL_ENDINGS


def is_checkpoint(path: Path) -> bool:
    """Whether a file opens as it is, with the vocabulary beside it."""
    from charrnn_engine.checkpoints.store import load

    try:
        load(path)
    except (CharRNNError, OSError):
        return False
    return True


def inspected(file: Path) -> tuple[str, bool]:
    """What a file holds, in a line, and whether it brings its own vocabulary. Raises CheckpointError."""
    from charrnn_engine.checkpoints.importing import inspect

    found = inspect(file)
    network = found.network
    parts = [found.kind, network_text(network.cells), f"{network.vocabulary_size} tokens"]
    parts.append(f"{found.parameters:,} parameters")
    if found.window is not None:
        parts.append(f"windows of {found.window}")
    return " · ".join(parts), found.lookup_tokens is not None


def vocabulary_beside(file: Path) -> str:
    """A JSON file beside a model whose name says that it is the model's vocabulary, or nothing."""
    stem = file.stem.removesuffix("_weights")
    names = (f"{stem}_vocab.json", f"{stem}_vocabulary.json", f"{stem}.json", "vocabulary.json", "tokenizer.json")
    candidates = [*(file.with_name(name) for name in names), *sorted(file.parent.glob(f"{_literal(stem)}.*.json"))]
    return next((str(path) for path in candidates if path.is_file()), "")


def free_name(file: Path) -> str:
    """A name for the model of a file that no other model has."""
    from charrnn_engine.checkpoints.store import find_checkpoints

    taken = find_checkpoints()
    name = re.sub(r"[^\w.-]+", "-", file.stem).strip("-.")[:80] or "model"
    numbered = (f"{name}-{number}" for number in range(2, len(taken) + 3))
    return next(free for free in (name, *numbered) if free not in taken)


def save_imported(imported: "Imported", name: str) -> str:
    """Saves a model as a checkpoint of the user's, and gives back its name.

    Raises CheckpointError for a name that can't be used, and OSError if the folder can't be written.
    """
    from charrnn_engine.checkpoints.locations import user_checkpoints
    from charrnn_engine.checkpoints.store import find_checkpoints
    from charrnn_engine.errors import CheckpointError

    if not name or Path(name).name != name or name.startswith(".") or len(name) > 100 or not name.isprintable():
        raise CheckpointError(f"{name[:60]!r} can't be the name of a model; use letters, digits and -")
    folder = user_checkpoints() / name
    if name in find_checkpoints() or folder.exists():
        raise CheckpointError(f"there is a model {name!r} already; choose another name")
    imported.save(folder)
    return name


def other_state(imported: "Imported") -> "Imported | None":
    """The same model with its state used in the other way, or None if there is no other."""
    from charrnn_engine.checkpoints.store import used_as_said

    model = imported.model
    if model.vocabulary.window is None or model.network.attention is not None:
        return None
    state: State = "carried" if model.vocabulary.state == "window" else "window"
    vocabulary = replace(model.vocabulary, state=state)
    network = used_as_said(model.network, vocabulary)
    return replace(imported, model=replace(model, vocabulary=vocabulary, network=network))


def figures(imported: "Imported") -> list[tuple[str, str]]:
    """What was found out about a model, as names and values."""
    window, fit = imported.model.network.window, imported.fit
    state = "carried on from token to token" if window is None else f"each token from the last {window} alone"
    found = [("vocabulary", imported.how), ("state", state)]
    if fit is not None:
        ways = (("carried on", fit.carried), ("windows", fit.window))
        measured = " · ".join(f"{bits:.2f} {way}" for way, bits in ways if bits is not None)
        found.append(("bits/char", f"{measured} · letters alone {fit.letters:.2f}"))
    return [*found, *(("note", remark) for remark in imported.remarks)]


def _literal(name: str) -> str:
    """A file's name as a pattern that only matches itself."""
    return re.sub(r"([*?[])", r"[\1]", name)

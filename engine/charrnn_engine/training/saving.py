"""A trained model -> a `.keras` file and the card that goes with it. Knows no loop."""

import datetime
import io
import platform
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tensorflow as tf

from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress
from charrnn_engine.training.encoded_corpus import Corpus


def save_model(model: keras.Sequential, folder: Path) -> Path:
    """Writes `model.keras` into a folder and returns its path. Raises OSError."""
    file = folder / "model.keras"
    model.save(file)
    return file


def save_half(file: Path) -> Path:
    """The same model beside it with its weights stored as float16, which Keras reads as float32. Raises OSError.

    Not compressed: that would take a tenth off the file and double the time to open it.
    """
    half = file.with_name("half.keras")
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    stored = io.BytesIO()
    with h5py.File(io.BytesIO(members["model.weights.h5"]), "r") as whole, h5py.File(stored, "w") as halved:

        def copy(name: str, node: Any) -> None:
            if isinstance(node, h5py.Dataset):
                narrow = node[()].astype(np.float16) if node.dtype == np.float32 else node[()]
                halved.create_dataset(name, data=narrow)
            else:
                halved.require_group(name)
            halved[name].attrs.update(node.attrs)

        halved.attrs.update(whole.attrs)
        whole.visititems(copy)
    members["model.weights.h5"] = stored.getvalue()
    with zipfile.ZipFile(half, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return half


def make_card(
    settings: TrainingSettings, corpus: Corpus, progress: Progress, parameters: int, validation: dict[str, Any] | None
) -> dict[str, Any]:
    """What a person wants to know of a model. `validation` is the held-out figure, None where none was taken."""
    network, told = settings.network, settings.corpus
    return {
        "name": settings.name,
        "corpus": {
            "name": Path(told.path).name if told.path != "-" else "standard input",
            "licence": settings.licence or "not stated",
            "samples": "lines" if corpus.lines else f"windows of {corpus.window}",
            "columns": list(told.columns),
            "level": told.level,
            "training_tokens": corpus.train.tokens + (corpus.extra.tokens if corpus.extra else 0),
        },
        "network": {
            "cell": network.cell,
            "layers": network.layers,
            "units": network.units,
            "input": f"embedding {network.embedding}" if network.embedding else "one-hot",
            "dropout": network.dropout,
            "vocabulary": len(corpus.vocabulary),
            "parameters": parameters,
        },
        "training": {
            "command": settings.command,
            "preset": settings.preset,
            "seed": settings.seed,
            "epochs": progress.epoch,
            "batch": settings.batch,
            "learning_rate": settings.learning_rate,
            "optimizer": "AdamW, warm-up and cosine decay",
            "seconds": round(progress.seconds),
        },
        "held_out": [] if validation is None else [validation],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }

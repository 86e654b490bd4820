"""Writes a trained model as a `.keras` file, and makes its card. Knows no loop."""

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

from charrnn_engine.evaluation.scoring import WINDOW, Score
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.run_events import figures
from charrnn_engine.training.tensors import Model


def save_model(model: Model, file: Path) -> None:
    """Writes a `.keras` file. Raises OSError."""
    model.save(file)


def save_half(file: Path) -> Path:
    """Writes the same model beside it with weights as float16, which Keras reads as float32. Raises OSError.

    Not compressed: that would make the file a tenth smaller and opening it take twice as long.
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
    settings: TrainingSettings,
    corpus: Corpus,
    progress: Progress,
    parameters: int,
    precision: str,
    score: Score | None,
) -> dict[str, Any]:
    """What a person wants to know of a model. `precision` is that of the matrix products, `score` the validation,
    None where there was none."""
    network, source = settings.network, settings.corpus
    return {
        "name": settings.name,
        "corpus": {
            "name": Path(source.path).name if source.path != "-" else "standard input",
            "licence": settings.licence or "not stated",
            "samples": _samples(corpus, corpus.window),
            "columns": list(source.columns),
            "level": source.level,
            "training_tokens": corpus.train.tokens + (corpus.extra.tokens if corpus.extra else 0),
        },
        "network": {
            "cell": network.cell,
            "layers": network.layers,
            "units": network.units,
            "input": f"embedding {network.embedding}" if network.embedding else "one-hot",
            "input_dropout": network.input_dropout,
            "dropout": network.dropout,
            "recurrent_dropout": network.recurrent_dropout,
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
            "precision": precision,
            "epoch_chosen_by": "none validated yet" if score is None else "lowest validation loss",
            "seconds": round(progress.seconds),
        },
        "held_out": [] if score is None else [_held_out(corpus, score)],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }


def _held_out(corpus: Corpus, score: Score) -> dict[str, Any]:
    """A validation with what was measured, and how."""
    measured = {"corpus": "validation part of the corpus", "samples": _samples(corpus, WINDOW), "state": "fresh"}
    return {**measured, **figures(score)}


def _samples(corpus: Corpus, window: int) -> str:
    return "lines" if corpus.lines else f"windows of {window}"

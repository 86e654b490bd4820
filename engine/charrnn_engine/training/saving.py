"""What a checkpoint holds besides a model as Keras saves it: weights as float16, and the card. Knows no loop."""

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

from charrnn_engine.corpus.files import short_name
from charrnn_engine.evaluation.scoring import WINDOW, Score
from charrnn_engine.runs.settings import TrainingSettings
from charrnn_engine.runs.state import Progress
from charrnn_engine.training.encoded_corpus import Corpus
from charrnn_engine.training.run_events import figures

_WEIGHTS = "model.weights.h5"


def save_half(file: Path) -> Path:
    """Writes the same model beside it with weights as float16, which Keras reads as float32. Raises OSError.

    Not compressed: that would make the file a tenth smaller and opening it take twice as long.
    """
    half, stored = file.with_name("half.keras"), io.BytesIO()
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with h5py.File(io.BytesIO(members[_WEIGHTS]), "r") as whole, h5py.File(stored, "w") as halved:

        def copy(name: str, node: Any) -> None:
            if isinstance(node, h5py.Dataset):
                narrow = node[()].astype(np.float16) if node.dtype == np.float32 else node[()]
                halved.create_dataset(name, data=narrow)
            else:
                halved.require_group(name)
            halved[name].attrs.update(node.attrs)

        halved.attrs.update(whole.attrs)
        whole.visititems(copy)
    with zipfile.ZipFile(half, "w") as archive:
        for name, content in (members | {_WEIGHTS: stored.getvalue()}).items():
            archive.writestr(name, content)
    return half


def make_card(
    settings: TrainingSettings, corpus: Corpus, progress: Progress, parameters: int, precision: str,
    score: Score | None,
) -> dict[str, Any]:  # fmt: skip
    """What a person wants to know of a model. `precision` is that of the matrix products, `score` the validation,
    None where there was none."""
    network, source = settings.network, settings.corpus
    dropout = {name: getattr(network, name) for name in ("input_dropout", "dropout", "recurrent_dropout")}
    measured = {"corpus": "validation part of the corpus", "samples": _samples(corpus, WINDOW), "state": "fresh"}
    return {
        "name": settings.name,
        "corpus": {
            "name": short_name(source.paths),
            "licence": settings.licence or "not stated",
            "samples": _samples(corpus, corpus.window),
            "columns": list(source.columns),
            **({"unescape": True} if source.unescape else {}),
            "level": source.level,
            "training_tokens": corpus.training_tokens,
        },
        "network": {
            "cell": network.cell,
            "layers": network.layers,
            "units": network.units,
            "input": f"embedding {network.embedding}" if network.embedding else "one-hot",
            **dropout,
            "vocabulary": len(corpus.vocabulary),
            "parameters": parameters,
        },
        "training": {
            **{name: getattr(settings, name) for name in ("command", "preset", "seed", "batch", "learning_rate")},
            "epochs": progress.epoch,
            "optimizer": "AdamW, warm-up and cosine decay",
            "precision": precision,
            **({"state": "carried"} if settings.state == "carried" else {}),
            "epoch_chosen_by": "none validated yet" if score is None else "lowest validation loss",
            "seconds": round(progress.seconds),
        },
        "held_out": [] if score is None else [measured | figures(score)],
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }


def _samples(corpus: Corpus, window: int) -> str:
    return "lines" if corpus.lines else f"windows of {window}"

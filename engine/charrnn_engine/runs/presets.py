"""Presets, and the settings chosen for a text where no preset is named. Plain data; no TensorFlow."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from charrnn_engine.corpus.files import Sources
from charrnn_engine.errors import SettingsError
from charrnn_engine.runs.settings import CorpusSettings, NetworkSettings, TrainingSettings
from charrnn_engine.runs.starting import taken_over

PRESETS: dict[str, dict[str, Any]] = {
    # The network of the usual notebook: one-hot, masked, one LSTM of 128.
    "notebook": {
        "cell": "lstm", "layers": 1, "units": 128, "embedding": 0,
        "batch": 32, "epochs": 40, "learning_rate": 0.005, "weight_decay": 0.02, "patience": 8,
    },
    # A minute and a half on two cores for a million characters.
    "quick": {
        "cell": "lstm", "layers": 1, "units": 256, "embedding": 64, "dropout": 0.1,
        "window": 128, "batch": 64, "epochs": 8, "learning_rate": 0.008,
    },
    "headlines": {
        "cell": "lstm", "layers": 2, "units": 384, "embedding": 64,
        "input_dropout": 0.1, "dropout": 0.4, "recurrent_dropout": 0.2,
        "batch": 32, "epochs": 12, "learning_rate": 0.003, "weight_decay": 0.02, "extra": 0.7, "patience": 8,
        "half_weights": True,
    },
    "shakespeare": {
        "cell": "lstm", "layers": 2, "units": 448, "embedding": 64,
        "input_dropout": 0.1, "dropout": 0.35, "recurrent_dropout": 0.2,
        "window": 128, "batch": 64, "epochs": 20, "learning_rate": 0.004, "weight_decay": 0.02, "patience": 8,
        "half_weights": True,
    },
    "words": {
        "level": "word", "cell": "lstm", "layers": 1, "units": 256, "embedding": 128, "vocabulary_size": 6000,
        "input_dropout": 0.2, "dropout": 0.4, "recurrent_dropout": 0.2,
        "batch": 32, "epochs": 10, "learning_rate": 0.003, "weight_decay": 0.05, "patience": 4, "half_weights": True,
    },
    "python": {
        "cell": "lstm", "layers": 1, "units": 512, "embedding": 64, "dropout": 0.1,
        "window": 128, "batch": 64, "epochs": 1, "learning_rate": 0.004, "half_weights": True,
    },
}  # fmt: skip

_AUTOMATIC_STEPS = 2_000
_AUTOMATIC_EPOCHS = 100
_UNKNOWN_SIZE = 1_000_000  # of standard input and TFDS, whose size isn't known beforehand
_CORPUS_FIELDS = {entry.name for entry in fields(CorpusSettings)} - {"path"}
_NETWORK_FIELDS = {entry.name for entry in fields(NetworkSettings)}


def settings_for(
    path: str, out: str, *, preset: str = "", given: Mapping[str, Any] | None = None
) -> TrainingSettings:
    """Settings for a corpus: those of the preset, or automatic ones for a text of its size, overridden by `given`.

    `given` names fields of CorpusSettings, NetworkSettings and TrainingSettings. A run with `start_from` takes over
    that model's sizes. Raises CorpusError for a corpus that isn't there, SettingsError for values out of range,
    CheckpointError for a model that can't be opened.
    """
    if preset and preset not in PRESETS:
        raise SettingsError(f"there is no preset {preset!r}; there are {', '.join(PRESETS)}")
    own = dict(given or {})
    if own.get("start_from"):
        own |= taken_over(own["start_from"], own)
    source = Sources((path, *own.get("more", ())), tuple(own.get("columns", ())))
    if "window" not in own and source.is_table:
        own.setdefault("lines", True)
    chosen = {**(PRESETS[preset] if preset else _automatic(source.size, bool(own.get("lines")))), **own}
    corpus = {key: value for key, value in chosen.items() if key in _CORPUS_FIELDS}
    network = {key: value for key, value in chosen.items() if key in _NETWORK_FIELDS}
    loop = {key: value for key, value in chosen.items() if key not in _CORPUS_FIELDS | _NETWORK_FIELDS}
    return TrainingSettings(
        CorpusSettings(path, **corpus), NetworkSettings(**network), out, preset=preset or "automatic", **loop
    )


def resumed(saved: TrainingSettings, out: str, given: Mapping[str, Any]) -> TrainingSettings:
    """The settings of a run that is resumed: the saved ones, overridden only where that doesn't change what was
    learnt so far. The corpus may have moved. Raises SettingsError for anything else that differs."""
    free = {
        "epochs", "patience", "sample_every", "prompts", "temperatures", "save_every", "keep_epochs", "low_priority",
        "command", "tensorboard",
    }  # fmt: skip
    flat = {**vars(saved.corpus), **vars(saved.network), **vars(saved)}
    for name, value in given.items():
        if name not in free | {"path", "more"} and flat[name] != value:
            raise SettingsError(
                f"the run to resume has {name} {flat[name]!r}, not {value!r}; "
                "leave the option out, or train from scratch"
            )
    changes = {name: value for name, value in given.items() if name in free}
    corpus = replace(saved.corpus, **{name: given[name] for name in ("path", "more") if name in given})
    return replace(saved, corpus=corpus, out=out, resume=True, **changes)


def _automatic(size: int | None, lines: bool) -> dict[str, Any]:
    """One LSTM and about two thousand steps, whatever the size of the text: about a minute on two cores."""
    size = max(1, _UNKNOWN_SIZE if size is None else size)
    window = 128 if size >= 20_000 else max(8, size // 40)
    batch = 32 if size >= 200_000 else 8
    # A line is assumed to be 40 characters long; only the number of epochs depends on it.
    steps = max(1, size // ((40 if lines else window) * batch))
    return {
        "cell": "lstm", "layers": 1, "units": 256, "embedding": 64, "dropout": 0.2, "window": window, "batch": batch,
        "epochs": min(_AUTOMATIC_EPOCHS, max(1, round(_AUTOMATIC_STEPS / steps))), "learning_rate": 0.004,
    }  # fmt: skip

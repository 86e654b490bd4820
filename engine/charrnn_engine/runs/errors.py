"""What can go wrong with a corpus or a training run and be put right by whoever started it."""

from typing import Literal

from charrnn_engine.errors import CharRNNError

Kind = Literal["corpus", "settings", "memory", "nan", "disk", "tensorflow", "other"]
"""What a run failed of, for a reader that offers a way out."""


class CorpusError(CharRNNError, ValueError):
    """A corpus that is missing, unreadable, empty or too short."""


class SettingsError(CharRNNError, ValueError):
    """A training option outside its range, or options that contradict each other."""


class TrainingError(CharRNNError):
    """A run that can't go on: a loss that isn't finite, a disk that refuses, TensorFlow that isn't there."""

    def __init__(self, message: str, kind: Kind = "other") -> None:
        super().__init__(message)
        self.kind: Kind = kind

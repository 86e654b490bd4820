"""The errors that a caller can act on. Each message is one line that names the thing and the way out."""

import importlib.util
import shlex
import sys
from collections.abc import Sequence
from typing import Literal

_NAMED_AT_MOST = 8  # unknown tokens spelled out in one message; the rest are counted


def shown(value: object, most: int = 60) -> str:
    """A foreign value in a message: short, on one line, without anything that a terminal would obey."""
    try:
        text = repr(value)
    except ValueError:  # a whole number of thousands of digits
        text = "a number too long to show"
    return text if len(text) <= most else f"{text[: most - 1]}…"


def install_command(*packages: str) -> str:
    """The shell command that installs packages beside the Python that runs now, with or without pip in it."""
    pip = [sys.executable, "-m", "pip", "install"]
    uv = ["uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*(pip if importlib.util.find_spec("pip") else uv), *packages])


class CharRNNError(Exception):
    """Base of every error that this library raises on purpose."""


class CheckpointError(CharRNNError):
    """A checkpoint that is missing, damaged, foreign or larger than the limits."""


class VocabularyError(CharRNNError, ValueError):
    """A vocabulary that can't be used: repeated tokens, an `<eos>` out of range, an unknown format."""


class ControlsError(CharRNNError, ValueError):
    """A sampling control outside its range."""


class PromptError(CharRNNError, ValueError):
    """A prompt that nothing can be generated from."""


class RecordingError(CharRNNError, ValueError):
    """A recording that is damaged, of another version, or of another model."""


class CorpusError(CharRNNError, ValueError):
    """A corpus that is missing, unreadable, empty or too short."""


class SettingsError(CharRNNError, ValueError):
    """A training option outside its range, or options that contradict each other."""


FailureKind = Literal["corpus", "settings", "memory", "nan", "disk", "tensorflow", "other"]
"""Why a training run failed, for a reader that offers a way out."""


class TrainingError(CharRNNError):
    """A training run that can't go on: a loss that isn't finite, a full disk, a missing TensorFlow."""

    def __init__(self, message: str, kind: FailureKind = "other") -> None:
        super().__init__(message)
        self.kind: FailureKind = kind


class UnknownTokenError(PromptError):
    """Text holds characters (or words) that the vocabulary lacks.

    `unknown` lists each one with its position, an index into the characters of the text.
    """

    def __init__(self, unknown: Sequence[tuple[str, int]], level: str = "char") -> None:
        self.unknown = list(unknown)
        self.level = level
        super().__init__(self._message())

    def _message(self) -> str:
        places: dict[str, list[int]] = {}
        for token, position in self.unknown:
            places.setdefault(token, []).append(position)
        named = [
            f"{shown(token)} (at {', '.join(map(str, at[:4]))}{', …' if len(at) > 4 else ''})"
            for token, at in list(places.items())[:_NAMED_AT_MOST]
        ]
        rest = len(places) - len(named)
        noun = "character" if self.level == "char" else "word"
        plural = "s" if len(places) > 1 else ""
        them = "them" if len(self.unknown) > 1 else "it"
        more = f" and {rest} more" if rest else ""
        return (
            f"the model doesn't know the {noun}{plural} {', '.join(named)}{more}; leave {them} out or replace {them}"
        )

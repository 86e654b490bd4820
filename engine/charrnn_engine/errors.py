"""The errors that a caller can act on. Each message is one line that names the thing and the way out."""

from collections.abc import Sequence

_NAMED_AT_MOST = 8  # unknown tokens spelled out in one message; the rest are counted


def shown(value: object, most: int = 60) -> str:
    """A foreign value in a message: short, on one line, with nothing that a terminal would obey."""
    text = repr(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"


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

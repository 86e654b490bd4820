"""A text that a model reads: where it comes from, its ids, how far it has been read, and what the vocabulary lacks.
Knows no network and no screen.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from copy import copy
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from charrnn_engine.checkpoints.files import named, read_regular
from charrnn_engine.errors import CharRNNError
from charrnn_engine.network.model import CharRNN
from charrnn_engine.vocabulary import split
from charrnn_tui.text.escapes import one_line

_BYTES_AT_MOST = 10_000_000
_NAMED_AT_MOST = 8
_SHOWN = 20  # characters of an unknown word


class ReadingError(CharRNNError):
    """A text that can't be read: one line that says why."""


class TextToRead(NamedTuple):
    """A text, and what to call it."""

    text: str
    name: str


def read_file(path: Path) -> TextToRead:
    """Reads a text file. Raises CheckpointError if it can't be opened, and ReadingError if it isn't text."""
    with named(path):
        content = read_regular(path, _BYTES_AT_MOST)
    try:
        return TextToRead(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise ReadingError(f"{path}: not a UTF-8 text file") from None


class Reading:
    """The tokens of a text, and how many of them have been used up before the cursor.

    A model with `<eos>` begins after an `<eos>`. Any other begins with the text's first token as its prompt, as in
    evaluation. Where the vocabulary has no newline, each line ends with `<eos>`. Tokens that it lacks are left out.
    Raises ReadingError if nothing is left to read.
    """

    def __init__(self, model: CharRNN, text: str, name: str) -> None:
        vocabulary, text = model.vocabulary, text.replace("\r\n", "\n").replace("\r", "\n")
        ends = vocabulary.eos if vocabulary.lookup("\n") is None else None
        self.name = name
        self.unknown: Counter[str] = Counter()
        self.ids = array("I")
        for piece in split(text, vocabulary.level):
            index = ends if piece == "\n" and ends is not None else vocabulary.lookup(piece)
            if index is None:
                self.unknown[piece.strip(" ") or piece] += 1
            else:
                self.ids.append(index)
        while self.ids and self.ids[0] == vocabulary.eos:
            del self.ids[0]
        self.prompt = ""
        if vocabulary.eos is None and self.ids:
            self.prompt = vocabulary.tokens[self.ids.pop(0)]
        if not self.ids:
            why = "the model knows none of its characters" if text.strip() else "it is empty"
            raise ReadingError(f"{name}: there is nothing to read: {why}")
        self.read = 0
        """Tokens used up before the cursor: those that were read, and those that the user left out."""
        self.left_out = 0
        """Tokens after them that the user has left out: reading skips them."""
        self.writing = False
        """Whether the model writes for now, and doesn't read."""

    def again(self) -> "Reading":
        """The same text, to be read from its beginning."""
        other = copy(self)
        other.read, other.left_out, other.writing = 0, 0, False
        return other

    def rest(self, start: int = 0, most: int | None = None) -> Sequence[int]:
        """The ids still to be read: at most `most`, without the first `start`."""
        at = self.read + self.left_out + start
        return self.ids[at : len(self.ids) if most is None else at + most]

    def remain(self, start: int = 0) -> int:
        """How many ids are still to be read, without the first `start`."""
        return max(0, len(self.ids) - self.read - self.left_out - start)

    @property
    def done(self) -> float:
        """The share that has been read."""
        return self.read / len(self.ids)

    def notice(self) -> str:
        """A line that names what was left out, or nothing."""
        if not self.unknown:
            return ""
        named = [f"{one_line(piece)[:_SHOWN]!r}{f' {count:,} times' if count > 1 else ''}"
                 for piece, count in islice(self.unknown.most_common(), _NAMED_AT_MOST)]  # fmt: skip
        more = len(self.unknown) - len(named)
        return f"Left out, because the model doesn't know them: {', '.join(named)}" + (
            f" and {more:,} others" if more else ""
        )

"""Text as arrays of ids, many characters at a time. Knows no model."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.vocabulary import Vocabulary, split

Ids = NDArray[np.int32]


class ManyIds(Protocol):
    """Ids that can be sliced, in memory or in a file."""

    def __len__(self) -> int: ...
    def __getitem__(self, part: slice, /) -> Ids: ...


def encoder(vocabulary: Vocabulary) -> Callable[[str], Ids]:
    """A function from a text to its int32 ids, (tokens,). An unknown token is minus its length in characters."""
    if vocabulary.level == "word":
        return lambda text: _words(vocabulary, text)
    codes = {ord(token): index for token, index in vocabulary.ids.items() if len(token) == 1}
    unknown = max(codes, default=0) + 1
    table = np.full(unknown + 1, -1, np.int32)
    table[list(codes)] = list(codes.values())
    lower = vocabulary.lower

    def characters(text: str) -> Ids:
        return np.asarray(table[np.minimum(code_points(text.lower() if lower else text), unknown)])

    return characters


def code_points(text: str) -> NDArray[np.uint32]:
    """The number of each character, (characters,)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def overlapping(pieces: Iterable[Ids], window: int) -> Iterator[Ids]:
    """The windows of a running text that comes in pieces: `window` tokens and the one after them. The last window may
    be shorter."""
    held = np.zeros(0, np.int32)
    for piece in pieces:
        held = np.concatenate([held, piece])
        at = 0
        for at in range(0, len(held) - window, window):
            yield held[at : at + window + 1]
        held = held[at + window :] if len(held) > window else held
    if len(held) > 1:
        yield held


def skipped(pieces: Iterable[Ids], count: int) -> Iterator[Ids]:
    """The pieces without the first `count` tokens of the text."""
    for piece in pieces:
        if len(piece) > count:
            yield piece[count:]
        count = max(0, count - len(piece))


def _words(vocabulary: Vocabulary, text: str) -> Ids:
    pieces = split(text.lower() if vocabulary.lower else text, "word")
    found = map(vocabulary.lookup, pieces)
    return np.array([-len(p) if i is None else i for p, i in zip(pieces, found, strict=True)], np.int32)

"""The tokens of a text with their probabilities, in columns of a few bytes each. Knows no screen.

Going back, branching and saving read them.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.tokens import Token
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.vocabulary import Vocabulary

KEPT_TOKENS = 1_000_000


class Entry(NamedTuple):
    """One token of the log. `forced` says that the user chose it instead of the one drawn."""

    id: int
    text: str
    probability: float
    model_probability: float
    entropy: float
    controls: Controls
    forced: bool
    static_probability: float
    """The model's probability without what it has learnt from the text."""
    read: int
    """How many tokens of a text being read it used up: 1 if it was read, plus those left out before it."""


class TokenLog:
    """The tokens of a text from `dropped` on; indices are positions in the text, as `Token.index` is."""

    def __init__(self, vocabulary: Vocabulary, before: int | None = None) -> None:
        """The text comes after the token `before`. On the page, an `<eos>` is a newline."""
        self._vocabulary, self._before = vocabulary, before
        self.dropped = 0
        self._ids = array("I")
        self._probabilities = (array("f"), array("f"), array("f"), array("f"))
        self._controls = array("H")
        self._forced = bytearray()
        self._read = array("H")
        self._ends = array("Q")  # characters of the text up to and with each token
        self._dropped_end = 0
        self._known: dict[Controls, int] = {}
        self._last: tuple[Controls | None, int] = (None, 0)

    def __len__(self) -> int:
        return self.dropped + len(self._ids)

    def extend(
        self,
        tokens: Iterable[Token | Entry],
        forced: bool = False,
        static: Sequence[float] | None = None,
        read: Sequence[int] | None = None,
    ) -> None:
        """Adds tokens at the end. `static` are their static probabilities, and `read` how many tokens of a text each
        used up. Without them, an Entry keeps its own, and a Token gets its model probability and 0.
        """
        tokens = list(tokens)
        ids = [token.id for token in tokens]
        self._ids.extend(ids)
        drawn, thought, entropies, as_it_is = self._probabilities
        drawn.extend([token.probability for token in tokens])
        thought.extend([token.model_probability for token in tokens])
        as_it_is.extend(
            [token.static_probability if isinstance(token, Entry) else token.model_probability for token in tokens]
            if static is None
            else static
        )
        self._read.extend(
            [token.read if isinstance(token, Entry) else 0 for token in tokens] if read is None else read
        )
        entropies.extend([token.entropy for token in tokens])
        self._controls.extend([self._number(token.controls) for token in tokens])
        self._forced.extend([forced or (isinstance(token, Entry) and token.forced) for token in tokens])
        end = self._ends[-1] if self._ends else self._dropped_end
        texts = self._texts(len(self._ids) - len(ids))
        self._ends.extend(list(accumulate(map(len, texts), initial=end))[1:])
        if len(self._ids) > KEPT_TOKENS + KEPT_TOKENS // 10:
            self._forget(len(self._ids) - KEPT_TOKENS)

    def _number(self, controls: Controls) -> int:
        """A small number for each of the controls that occurred: that is what the column holds."""
        if controls is not self._last[0]:
            self._last = (controls, self._known.setdefault(controls, min(len(self._known), 0xFFFF)))
        return self._last[1]

    def _columns(self) -> list[array | bytearray]:  # type: ignore[type-arg]
        return [self._ids, *self._probabilities, self._controls, self._forced, self._read, self._ends]

    def _texts(self, start: int, end: int | None = None) -> list[str]:
        """What the tokens at some places of the columns add to the page."""
        before = self._ids[start - 1] if start else self._before
        return self._vocabulary.pieces(self._ids[start:end], before, "\n")

    def _forget(self, count: int) -> None:
        self._dropped_end = self._ends[count - 1]
        self._before = self._ids[count - 1]
        self.dropped += count
        for column in self._columns():
            del column[:count]

    def truncate(self, length: int) -> None:
        """Drops the tokens from `length` on."""
        for column in self._columns():
            del column[max(0, length - self.dropped) :]

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """The tokens from `start` to before `end`, as far as they are kept."""
        controls = list(self._known)
        first = max(start - self.dropped, 0)
        last = len(self._ids) if end is None else end - self.dropped
        drawn, thought, entropies, as_it_is = self._probabilities
        for at, text in enumerate(self._texts(first, last) if first < last else (), first):
            yield Entry(
                self._ids[at], text, drawn[at], thought[at], entropies[at],
                controls[self._controls[at]], bool(self._forced[at]), as_it_is[at], self._read[at],
            )  # fmt: skip

    def id(self, index: int) -> int:
        return self._ids[index - self.dropped]

    def end_of(self, length: int) -> int:
        """How many characters the first `length` tokens have on the page, the prompt's not counted."""
        at = length - self.dropped
        return self._ends[at - 1] if at > 0 else self._dropped_end

    def token_at(self, character: int) -> int:
        """The index of the token that a character of the page, counted after the prompt, belongs to."""
        return self.dropped + bisect_right(self._ends, character)

    def text(self, start: int) -> str:
        """What the tokens from `start` on add to the page."""
        return "".join(self._texts(max(0, start - self.dropped)))

    def surprises(self, start: int, static: bool = False) -> NDArray[np.float64]:
        """Bits of each token from `start` on under the model, with or without what it learnt."""
        column = self._probabilities[3 if static else 1]
        with np.errstate(divide="ignore"):
            return -np.log2(np.asarray(column[max(0, start - self.dropped) :], np.float64))

    def read(self, start: int) -> int:
        """How many tokens of a text being read were used up from `start` on."""
        return sum(self._read[max(0, start - self.dropped) :])

    def entropies(self, last: int) -> list[float]:
        """The entropies of the last tokens, in bits."""
        return self._probabilities[2][-last:].tolist()

"""The tokens of a text with their probabilities, in columns of a few bytes each. Knows no screen.

Going back, branching and saving read them.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from charrnn_engine.generation.tokens import Token
from charrnn_engine.sampling.controls import Controls

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


class TokenLog:
    """The tokens of a text from `dropped` on; indices are positions in the text, as `Token.index` is."""

    def __init__(self, texts: list[str]) -> None:
        """`texts` holds what each id adds to the page; for an `<eos>` that is a newline."""
        self._texts = texts
        self.dropped = 0
        self._ids = array("I")
        self._probabilities = (array("f"), array("f"), array("f"))
        self._controls = array("H")
        self._forced = bytearray()
        self._ends = array("Q")  # characters of the text up to and with each token
        self._dropped_end = 0
        self._known: dict[Controls, int] = {}
        self._last: tuple[Controls | None, int] = (None, 0)

    def __len__(self) -> int:
        return self.dropped + len(self._ids)

    def extend(self, tokens: Iterable[Token | Entry], forced: bool = False) -> None:
        """Adds tokens at the end."""
        tokens = list(tokens)
        ids = [token.id for token in tokens]
        self._ids.extend(ids)
        drawn, thought, entropies = self._probabilities
        drawn.extend([token.probability for token in tokens])
        thought.extend([token.model_probability for token in tokens])
        entropies.extend([token.entropy for token in tokens])
        self._controls.extend([self._number(token.controls) for token in tokens])
        self._forced.extend([forced or (isinstance(token, Entry) and token.forced) for token in tokens])
        end = self._ends[-1] if self._ends else self._dropped_end
        self._ends.extend(list(accumulate([len(self._texts[index]) for index in ids], initial=end))[1:])
        if len(self._ids) > KEPT_TOKENS + KEPT_TOKENS // 10:
            self._forget(len(self._ids) - KEPT_TOKENS)

    def _number(self, controls: Controls) -> int:
        """A small number for each of the controls that occurred: that is what the column holds."""
        if controls is not self._last[0]:
            self._last = (controls, self._known.setdefault(controls, min(len(self._known), 0xFFFF)))
        return self._last[1]

    def _columns(self) -> list[array | bytearray]:  # type: ignore[type-arg]
        return [self._ids, *self._probabilities, self._controls, self._forced, self._ends]

    def _forget(self, count: int) -> None:
        self._dropped_end = self._ends[count - 1]
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
        drawn, thought, entropies = self._probabilities
        for at in range(first, last):
            index = self._ids[at]
            yield Entry(
                index, self._texts[index], drawn[at], thought[at], entropies[at],
                controls[self._controls[at]], bool(self._forced[at]),
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
        texts = self._texts
        return "".join([texts[index] for index in self._ids[max(0, start - self.dropped) :]])

    def surprise(self, start: int) -> float:
        """Bits under the model of the tokens from `start` on, summed."""
        thought = np.asarray(self._probabilities[1][max(0, start - self.dropped) :], np.float64)
        with np.errstate(divide="ignore"):
            return -float(np.log2(thought).sum())

    def entropies(self, last: int) -> list[float]:
        """The entropies of the last tokens, in bits."""
        return self._probabilities[2][-last:].tolist()

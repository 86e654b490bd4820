"""What is kept of every token of a text, in columns of a few bytes each: for going back, branching and saving."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from charrnn_engine.generation.generation import Token
from charrnn_engine.sampling.controls import Controls

KEPT_TOKENS = 1_000_000


class Entry(NamedTuple):
    """One token as the log keeps it. `forced` says that the reader chose it in the place of the one drawn."""

    id: int
    text: str
    probability: float
    model_probability: float
    entropy: float
    controls: Controls
    forced: bool


class TokenLog:
    """The tokens of a text from `let_go` on; indices are positions in the text, as `Token.index` is."""

    def __init__(self, texts: list[str]) -> None:
        """`texts`: what each id adds to the page; an `<eos>` adds a newline there."""
        self._texts = texts
        self.let_go = 0
        self._ids = array("I")
        self._probabilities = (array("f"), array("f"), array("f"))
        self._controls = array("H")
        self._forced = bytearray()
        self._ends = array("Q")  # characters of the text up to and with each token
        self._end_let_go = 0
        self._known: dict[Controls, int] = {}
        self._last: tuple[Controls | None, int] = (None, 0)

    def __len__(self) -> int:
        return self.let_go + len(self._ids)

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
        end = self._ends[-1] if self._ends else self._end_let_go
        self._ends.extend(list(accumulate([len(self._texts[index]) for index in ids], initial=end))[1:])
        if len(self._ids) > KEPT_TOKENS + KEPT_TOKENS // 10:
            self._forget(len(self._ids) - KEPT_TOKENS)

    def _number(self, controls: Controls) -> int:
        """The column holds a small number for each of the controls that occurred."""
        if controls is not self._last[0]:
            self._last = (controls, self._known.setdefault(controls, min(len(self._known), 0xFFFF)))
        return self._last[1]

    def _columns(self) -> list[array | bytearray]:  # type: ignore[type-arg]
        return [self._ids, *self._probabilities, self._controls, self._forced, self._ends]

    def _forget(self, count: int) -> None:
        self._end_let_go = self._ends[count - 1]
        self.let_go += count
        for column in self._columns():
            del column[:count]

    def truncate(self, length: int) -> None:
        """Drops the tokens from `length` on."""
        for column in self._columns():
            del column[max(0, length - self.let_go) :]

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """The tokens from `start` to before `end`, as far as they are kept."""
        controls = list(self._known)
        first = max(start - self.let_go, 0)
        last = len(self._ids) if end is None else end - self.let_go
        drawn, thought, entropies = self._probabilities
        for at in range(first, last):
            index = self._ids[at]
            yield Entry(
                index, self._texts[index], drawn[at], thought[at], entropies[at],
                controls[self._controls[at]], bool(self._forced[at]),
            )  # fmt: skip

    def id(self, index: int) -> int:
        return self._ids[index - self.let_go]

    def end_of(self, length: int) -> int:
        """How many characters the first `length` tokens have on the page, the prompt's not counted."""
        at = length - self.let_go
        return self._ends[at - 1] if at > 0 else self._end_let_go

    def token_at(self, character: int) -> int:
        """The index of the token that a character of the page, counted after the prompt, belongs to."""
        return self.let_go + bisect_right(self._ends, character)

    def text(self, start: int) -> str:
        """What the tokens from `start` on add to the page."""
        texts = self._texts
        return "".join([texts[index] for index in self._ids[max(0, start - self.let_go) :]])

    def surprise(self, start: int) -> float:
        """Bits under the model of the tokens from `start` on, summed."""
        thought = np.asarray(self._probabilities[1][max(0, start - self.let_go) :], np.float64)
        with np.errstate(divide="ignore"):
            return -float(np.log2(thought).sum())

    def entropies(self, last: int) -> list[float]:
        """The entropies of the last tokens, in bits."""
        return self._probabilities[2][-last:].tolist()

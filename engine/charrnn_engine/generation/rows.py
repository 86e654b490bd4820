"""Texts side by side in the rows of a batch, each drawn as `generate` draws it. Knows no numba and no schedule."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.generation import Token, encode_prompt
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.random_numbers import Draws
from charrnn_engine.sampling.sampler import RowSampler, Sampler

REACH = 4096
"""Tokens back that a row is stepped again at most, to draw exactly what `generate` draws."""

Figures = tuple[int, float, float, float]
"""Of a token drawn, as `Sampler.figures` gives them."""

_PROMPTS_KEPT = 256
_AHEAD = 128  # random numbers that each row gets at a time
_STEPS = 4  # at a time, in numpy
_READ_TOGETHER = 16  # steps

new_token: Callable[[tuple[object, ...]], Token] = partial(tuple.__new__, Token)


class Text(NamedTuple):
    """A text under way, which any row can take."""

    state: Array
    """Before `last`, (S,), as products of matrices have made it."""
    last: int
    """The token that is fed next."""
    controls: Controls
    draws: Draws
    position: int
    """Of the token that is drawn next."""
    known: Array
    """A state that is known to the bit, (S,)."""
    fed: NDArray[np.integer]
    """The tokens fed since then."""


class Made(NamedTuple):
    """What came of N steps of B rows."""

    drawn: NDArray[np.integer]
    """Ids, (B, N)."""
    figures: NDArray[np.float64]
    """(3, B, N), in the order that a Token has them in."""
    ended: NDArray[np.intp]
    """How many of each row's tokens its first `<eos>` is the last of, (B,): 0 where there is none."""
    controls: Sequence[Controls]
    counts: NDArray[np.intp]
    """Tokens that each row had before, (B,)."""

    @property
    def steps(self) -> int:
        return int(self.drawn.shape[1])

    def tokens(
        self, texts: Sequence[str], labels: Sequence[int], lengths: NDArray[np.intp]
    ) -> Iterator[tuple[int, Token]]:
        """The first tokens of each row, as many as `lengths` (B,) says, with its label; step by step and row by row.

        A token is made when it is asked for: many at once would be looked through by Python's garbage collector.
        """
        starts = range(0, self.steps, _READ_TOGETHER)
        return chain.from_iterable(self._some(texts, labels, lengths, start) for start in starts)

    def _some(
        self, texts: Sequence[str], labels: Sequence[int], lengths: NDArray[np.intp], start: int
    ) -> Iterator[tuple[int, Token]]:
        part = slice(start, start + _READ_TOGETHER)
        drawn = self.drawn[:, part].T
        steps = np.arange(start, start + len(drawn))[:, None]
        wanted: Any = steps < lengths
        if wanted.all():
            wanted = slice(None)
            labels, controls = list(labels) * len(steps), list(self.controls) * len(steps)
        else:
            rows = wanted.nonzero()[1].tolist()
            labels, controls = [labels[row] for row in rows], [self.controls[row] for row in rows]
        ids = drawn[wanted].reshape(-1).tolist()
        columns = (each[:, part].T[wanted].reshape(-1).tolist() for each in self.figures)
        places = (self.counts + steps)[wanted].reshape(-1).tolist()
        tokens = map(new_token, zip(ids, map(texts.__getitem__, ids), *columns, controls, places, strict=True))
        return zip(labels, tokens, strict=True)


def together(parts: Sequence[Made]) -> Made:
    """The same steps of several rows."""
    if len(parts) == 1:
        return parts[0]
    drawn, figures, ended, controls, counts = zip(*parts, strict=True)
    return Made(
        np.concatenate(drawn),
        np.concatenate(figures, axis=1),
        np.concatenate(ended),
        list(chain.from_iterable(controls)),
        np.concatenate(counts),
    )


class Beginnings:
    """Texts at their beginning. They tend to share prompts, so the states that those end in are kept."""

    def __init__(self, model: CharRNN) -> None:
        self._model = model
        self._stepper = model.stepper()
        self._ends: dict[str, tuple[Array, int]] = {}

    def text(self, prompt: str, controls: Controls, seed: int) -> Text:
        """Raises what `generate` raises."""
        if prompt not in self._ends:
            if len(self._ends) >= _PROMPTS_KEPT:
                self._ends.clear()
            *before, last = encode_prompt(self._model, prompt)
            self._stepper.reset()
            for index in before:
                self._stepper.feed(index)
            self._ends[prompt] = self._stepper.state[0], last
        state, last = self._ends[prompt]
        return Text(state, last, controls, Draws(seed), 0, state, np.empty(0, np.intp))


class Rows(ABC):
    """Texts that move on together. A row that nobody has put a text in, or whose text has ended, steps along.

    A product of matrices rounds its last bit otherwise than one of a vector. Where that could decide what a row
    draws, it is decided as `generate` does: the row is stepped again on its own from where it was last known to the
    bit, which is the end of its prompt, an `<eos>`, or the last such place, if that is no further than REACH back.
    """

    def __init__(self, model: CharRNN, rows: int) -> None:
        vocabulary = model.vocabulary
        self._eos = -1 if vocabulary.eos is None else vocabulary.eos
        self._ids = np.zeros(rows, np.intp)
        self._controls = [Controls()] * rows
        self._draws = [Draws(0)] * rows
        self._count = np.zeros(rows, np.intp)
        self._steps = 0
        self.begun = False
        """Whether there is something to finish."""
        self._alone = model.stepper()
        self._figures = Sampler(len(vocabulary), vocabulary.never_drawn, model.network.head.reach).figures
        self._fed = np.zeros((rows, REACH), np.uint16)  # at each of the last steps
        self._fresh = model.initial_state()[0]
        self._known = [(0, self._fresh)] * rows  # the step before which each row's state is known to the bit, and it

    def __len__(self) -> int:
        return len(self._ids)

    def put(self, row: int, text: Text) -> None:
        """A text takes a row."""
        self._put_state(row, text.state)
        self._ids[row] = text.last
        self._controls[row], self._draws[row], self._count[row] = text.controls, text.draws, text.position
        self._known[row] = self._steps - len(text.fed), text.known
        recent = text.fed[-REACH:]
        self._fed[row, self._places(self._steps - len(recent), self._steps)] = recent

    def begin(self, most: int | None = None) -> None:
        """Begins with the next steps: at most so many, one at least."""
        self.begun = True

    def let_go(self) -> None:
        """Waits a moment for another thread to make what was begun its own, as one does that is free."""
        return None

    def wait(self) -> int:
        """What finishing takes: 0 next to nothing, 1 the time of the steps, 2 waiting for another thread."""
        return 0

    @abstractmethod
    def finish(self) -> Made:
        """Ends what was begun. Raises CheckpointError where scores overflowed."""

    @abstractmethod
    def _put_state(self, row: int, state: Array) -> None: ...

    def _places(self, start: int, end: int) -> Any:
        """Where the tokens fed at some steps stand."""
        first, length = start % REACH, end - start
        return slice(first, first + length) if first + length <= REACH else np.arange(start, end) % REACH

    def _drawn_alone(self, row: int, before: int, u: float) -> Figures | None:
        """What a row draws from what it was fed before that step, to the bit; None where that is out of reach."""
        since, known = self._known[row]
        if self._steps - since > REACH:
            return None
        alone = self._alone
        alone.state = known
        *fed, last = self._fed[row, self._places(since, before)].tolist()
        for index in fed:
            alone.feed(index)
        logits = alone.step(last)
        self._known[row] = before, alone.state[0]
        return self._figures(logits, self._controls[row], u)


class PlainRows(Rows):
    """Rows in numpy."""

    def __init__(self, model: CharRNN, rows: int) -> None:
        super().__init__(model, rows)
        vocabulary = model.vocabulary
        self._stepper = model.stepper(rows)
        self._sampler = RowSampler(rows, len(vocabulary), vocabulary.never_drawn, model.network.head.reach)
        self._ahead = np.empty((_AHEAD, rows))
        self._asked = 0

    def put(self, row: int, text: Text) -> None:
        super().put(row, text)
        place = self._steps % _AHEAD
        if place:
            self._ahead[place:, row] = text.draws.numbers(text.position, _AHEAD - place)

    def texts(self) -> list[Text]:
        """Those of all rows, to be put elsewhere."""
        ids, count = self._ids.tolist(), self._count.tolist()
        rows = zip(self._stepper.state, ids, self._controls, self._draws, count, self._known, self._fed, strict=True)
        texts = []
        for state, last, controls, draws, position, (since, known), fed in rows:
            recent = fed[self._places(max(since, self._steps - REACH - 1), self._steps)].copy()
            texts.append(Text(state, last, controls, draws, position, known, recent))
        return texts

    def begin(self, most: int | None = None) -> None:
        super().begin(most)
        self._asked = min(most or _STEPS, _STEPS)

    def finish(self) -> Made:
        self.begun = False
        shape = len(self), self._asked
        made = Made(
            np.empty(shape, np.intp),
            np.empty((3, *shape)),
            np.zeros(len(self), np.intp),
            self._controls.copy(),
            self._count.copy(),
        )
        for step in range(self._asked):
            drawn = self._step(made.figures[:, :, step])
            made.drawn[:, step] = self._ids[:] = drawn
            self._count += 1
            if self._eos in drawn:
                for row, index in enumerate(drawn):
                    if index == self._eos:
                        made.ended[row] = made.ended[row] or step + 1
                        self._stepper.reset(row)
                        self._known[row] = self._steps, self._fresh
        return made

    def _step(self, figures: NDArray[np.float64]) -> list[int]:
        """The ids drawn; `figures` (3, B) takes what is told of them."""
        place = self._steps % _AHEAD
        if not place:
            for row, (draws, at) in enumerate(zip(self._draws, self._count.tolist(), strict=True)):
                self._ahead[:, row] = draws.numbers(at, _AHEAD)
        u: list[float] = self._ahead[place].tolist()
        self._fed[:, self._steps % REACH] = self._ids
        self._steps += 1
        drawn, figures[0], figures[1], figures[2] = self._sampler.draw_columns(
            self._stepper.step(self._ids), self._controls, u
        )
        for row in self._sampler.near(drawn, u):
            if exactly := self._drawn_alone(row, self._steps, u[row]):
                self._stepper.put(row, self._known[row][1])
                drawn[row], *figures[:, row] = exactly
        return drawn

    def _put_state(self, row: int, state: Array) -> None:
        self._stepper.put(row, state)

"""Many texts at once, one matrix product for all: a row for each, with a prompt, a seed and controls of its own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import compress, islice
from typing import NamedTuple

import numpy as np

from charrnn_engine.controls import Controls
from charrnn_engine.draws import Draws
from charrnn_engine.generation import Token, encode_prompt
from charrnn_engine.layers import Array
from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import RowSampler, Sampler

ROWS = 64
"""Texts that `generate_many` writes side by side at most: with more, a character costs as much."""

REACH = 4096
"""Tokens back that a row is stepped again at most, to draw exactly what `generate` draws."""

_STARTS_KEPT = 256  # prompts whose states are kept
_AHEAD = 128  # random numbers that each row gets at a time
_BEGUN_AT_MOST = 4  # times the rows: texts begun from the oldest unfinished one on

_new_token: Callable[[tuple[object, ...]], Token] = partial(tuple.__new__, Token)


class Wanted(NamedTuple):
    """A text to write."""

    prompt: str
    controls: Controls
    seed: int


def generate_batch(
    model: CharRNN,
    prompts: Sequence[str],
    controls: Sequence[Controls],
    seeds: Sequence[int],
    *,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[tuple[int, Token]]:
    """(row, Token) for every row, a token at a time and row by row, until all rows have ended.

    A row gives the text that `generate` gives for its prompt, controls and seed. What remains: in a text that goes
    on for more than REACH tokens without an `<eos>`, or under a network that makes differences in the last bit grow
    from step to step (as large random weights do), a random number that falls very close to the border between two
    tokens can let a row go another way.

    Raises ValueError unless there are as many prompts as controls and seeds, and what `generate` raises.
    """
    count = len(prompts)
    if not len(controls) == len(seeds) == count:
        raise ValueError(
            f"{count} prompts, {len(controls)} controls and {len(seeds)} seeds; one each a row is needed"
        )
    if not count or (max_tokens is not None and max_tokens < 1):
        return iter(())
    rows = _Rows(model, count)
    for row, wanted in enumerate(map(Wanted, prompts, controls, seeds)):
        rows.put(row, wanted)
    return _to_the_end(rows, [True] * count, None if endless else model.vocabulary.eos, max_tokens)


def _to_the_end(
    rows: "_Rows", alive: list[bool], eos: int | None, max_tokens: int | None
) -> Iterator[tuple[int, Token]]:
    everywhere, index = True, 0
    while any(alive):
        tokens = rows.step()
        shown = list(enumerate(tokens) if everywhere else compress(enumerate(tokens), alive))
        if eos is not None and (ended := [row for row, token in shown if token.id == eos]):
            everywhere = False
            for row in ended:
                alive[row] = False
        index += 1
        if index == max_tokens:
            alive = []
        yield from shown


def generate_many(
    model: CharRNN,
    wanted: Iterable[Wanted],
    *,
    rows: int = ROWS,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[tuple[int, Token]]:
    """(number, Token) for any number of texts, of which `rows` are written side by side: where one ends, the next
    takes its row. Numbers count from 0 in the order that they are wanted in.

    The texts are those of `generate_batch`. One that is far from its end doesn't let more than a few times `rows`
    others pass it by. A text ends with its `<eos>`, unless `endless`, or at `max_tokens`, whichever comes first.

    Raises what `generate` raises, for each text when it begins.
    """
    if max_tokens is not None and max_tokens < 1:
        return
    waiting = iter(wanted)
    first = list(islice(waiting, rows))
    desk, eos = _Rows(model, len(first)), None if endless else model.vocabulary.eos
    numbers: list[int | None] = [None] * len(first)
    begun, most_begun = 0, _BEGUN_AT_MOST * rows

    def begin(row: int, text: Wanted) -> None:
        nonlocal begun
        desk.put(row, text)
        numbers[row], begun = begun, begun + 1

    for row, text in enumerate(first):
        begin(row, text)
    free: list[int] = []
    while len(free) < len(numbers):
        for number, token in zip(numbers, desk.step(), strict=True):
            if number is not None:
                yield number, token
                if token.id == eos or token.index + 1 == max_tokens:
                    row = numbers.index(number)
                    numbers[row] = None
                    free.append(row)
        if free:
            oldest = min((number for number in numbers if number is not None), default=begun)
            room = max(0, min(len(free), oldest + most_begun - begun))
            for text in islice(waiting, room):
                begin(free.pop(), text)


class _Rows:
    """Texts that move on together. A row that nobody has put a text in, or whose text has ended, steps along.

    A product of matrices rounds its last bit otherwise than one of a vector. Where that could decide what a row
    draws, it is decided as `generate` does: the row is stepped again on its own from where it was last known to the
    bit, which is the end of its prompt, an `<eos>`, or the last such place, if that is no further than REACH back.
    """

    def __init__(self, model: CharRNN, rows: int) -> None:
        vocabulary = model.vocabulary
        self._model = model
        self._texts, self._eos = vocabulary.texts, vocabulary.eos
        drawing = (len(vocabulary), vocabulary.never_drawn, model.network.head.reach)
        self._sampler = RowSampler(rows, *drawing)
        self._stepper = model.stepper(rows)
        self._alone, self._figures = model.stepper(), Sampler(*drawing).figures
        self._starts: dict[str, tuple[Array, int]] = {}
        self._ids = np.zeros(rows, np.intp)
        self._controls = [Controls()] * rows
        self._draws = [Draws(0)] * rows
        self._count = [0] * rows
        self._ahead = np.empty((_AHEAD, rows))
        self._steps = 0
        self._fed = np.zeros((REACH, rows), np.uint16)  # at each of the last steps
        self._fresh = model.initial_state()[0]
        self._known = [(0, self._fresh)] * rows  # the step before which each row's state is known to the bit, and it

    def put(self, row: int, wanted: Wanted) -> None:
        """A text takes a row. Raises what `generate` raises."""
        state, self._ids[row] = self._start(wanted.prompt)
        self._stepper.put(row, state)
        self._known[row] = self._steps, state
        self._controls[row], self._draws[row], self._count[row] = wanted.controls, Draws(wanted.seed), 0
        place = self._steps % _AHEAD
        if place:
            self._ahead[place:, row] = self._draws[row].numbers(0, _AHEAD - place)

    def _start(self, prompt: str) -> tuple[Array, int]:
        """The state after all of a prompt but its last token, which is yet to be fed. Texts tend to share prompts."""
        if prompt not in self._starts:
            if len(self._starts) >= _STARTS_KEPT:
                self._starts.clear()
            *before, last = encode_prompt(self._model, prompt)
            self._alone.reset()
            for index in before:
                self._alone.feed(index)
            self._starts[prompt] = self._alone.state[0], last
        return self._starts[prompt]

    def step(self) -> list[Token]:
        """The next token of each row."""
        place = self._steps % _AHEAD
        if not place:
            for row, (draws, at) in enumerate(zip(self._draws, self._count, strict=True)):
                self._ahead[:, row] = draws.numbers(at, _AHEAD)
        u: list[float] = self._ahead[place].tolist()
        self._fed[self._steps % REACH] = self._ids
        self._steps += 1
        drawn, *figures = self._sampler.draw_columns(self._stepper.step(self._ids), self._controls, u)
        for row in self._sampler.near(drawn, u):
            if self._steps - self._known[row][0] <= REACH:
                drawn[row], *others = self._drawn_alone(row, u[row])
                for column, figure in zip(figures, others, strict=True):
                    column[row] = figure
        texts = map(self._texts.__getitem__, drawn)
        tokens = list(map(_new_token, zip(drawn, texts, *figures, self._controls, self._count, strict=True)))
        self._count = [at + 1 for at in self._count]
        self._ids[:] = drawn
        if self._eos in drawn:
            for row, index in enumerate(drawn):
                if index == self._eos:
                    self._stepper.reset(row)
                    self._known[row] = self._steps, self._fresh
        return tokens

    def _drawn_alone(self, row: int, u: float) -> tuple[int, float, float, float]:
        """What a row draws after the step just made, and the figures of that, to the bit."""
        since, alone = self._known[row][0], self._alone
        alone.state = self._known[row][1]
        *before, last = (int(self._fed[step % REACH, row]) for step in range(since, self._steps))
        for index in before:
            alone.feed(index)
        logits, state = alone.step(last), alone.state[0]
        self._stepper.put(row, state)
        self._known[row] = self._steps, state
        return self._figures(logits, self._controls[row], u)

"""Many texts at once, one matrix product for all: a row for each, with a prompt, a seed and controls of its own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine import compiled
from charrnn_engine.controls import Controls
from charrnn_engine.generation import Token
from charrnn_engine.model import CharRNN
from charrnn_engine.rows import Beginnings, Made, PlainRows, Rows, Text, together

ROWS = 64
"""Texts that `generate_many` writes side by side at most: with more, a character costs as much."""

_NOBODY = -1  # has a place
_BEGUN_AT_MOST = 4  # times the rows: texts begun from the oldest unfinished one on


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

    With the extra `fast`, and from some hundred thousand tokens on, rows are stepped by compiled code on all cores.

    Raises ValueError unless there are as many prompts as controls and seeds, and what `generate` raises.
    """
    count = len(prompts)
    if not len(controls) == len(seeds) == count:
        raise ValueError(
            f"{count} prompts, {len(controls)} controls and {len(seeds)} seeds; one each a row is needed"
        )
    if not count or (max_tokens is not None and max_tokens < 1):
        return iter(())
    desk = _Desk(model, count)
    for row, wanted in enumerate(map(Wanted, prompts, controls, seeds)):
        desk.put(row, wanted)
    return _to_the_end(desk, model.vocabulary.texts, not endless, max_tokens)


def _to_the_end(
    desk: "_Desk", texts: Sequence[str], until_eos: bool, max_tokens: int | None
) -> Iterator[tuple[int, Token]]:
    index, rows = 0, range(desk.rows)
    alive = np.ones(desk.rows, np.bool_)
    while alive.any():
        desk.quicken()
        for group, _ in desk.groups:
            if not group.begun:
                group.begin(max_tokens and max_tokens - index)
        parts: dict[int, Made] = {}
        for group, places in desk.in_turn():
            made = parts[places.start] = group.finish()
            if (left := max_tokens and max_tokens - index - made.steps) != 0:
                group.begin(left)
        made = together([parts[start] for start in sorted(parts)])
        lengths = np.where(alive, made.steps, 0)
        if until_eos:
            ended = alive & (made.ended > 0)
            lengths[ended], alive[ended] = made.ended[ended], False
        yield from made.tokens(texts, rows, lengths)
        index += made.steps
        if index == max_tokens:
            return


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
    waiting = iter(wanted)
    first = list(islice(waiting, rows))
    if not first or (max_tokens is not None and max_tokens < 1):
        return
    desk = _Desk(model, len(first))
    queue = _Queue(desk, chain(first, waiting), _BEGUN_AT_MOST * rows, max_tokens, endless)
    while not queue.done:
        desk.quicken()
        for group, places in desk.in_turn():
            written: Iterator[tuple[int, Token]] = iter(())
            if group.begun:
                made = group.finish()
                written = made.tokens(model.vocabulary.texts, *queue.account(places, made))
            try:
                if queue.fill(places):
                    group.begin()
            except Exception:  # what has been written goes before
                yield from written
                raise
            yield from written


class _Desk:
    """Rows for so many texts: in numpy or, once that is worth while, in groups that are stepped on all cores."""

    def __init__(self, model: CharRNN, rows: int) -> None:
        self.rows = rows
        self._model = model
        self._beginnings = Beginnings(model)
        self._plain: PlainRows | None = None
        self._sit(compiled.groups(model, rows) if compiled.worth_while(0) else [])

    def _sit(self, groups: list[Rows]) -> None:
        if not groups:
            self._plain = PlainRows(self._model, self.rows)
            groups = [self._plain]
        ends = list(accumulate(map(len, groups)))
        self.groups = [(group, range(end - len(group), end)) for group, end in zip(groups, ends, strict=True)]
        """With the places on the desk that each stands for."""

    def put(self, place: int, wanted: Wanted) -> None:
        """A text begins. Raises what `generate` raises."""
        self._put(place, self._beginnings.text(*wanted))

    def _put(self, place: int, text: Text) -> None:
        for group, places in self.groups:
            if place in places:
                group.put(place - places.start, text)

    def in_turn(self) -> Iterator[tuple[Rows, range]]:
        """Every group once, those first that needn't be waited for."""
        left = list(self.groups)
        while left:
            yield left.pop(min(range(len(left)), key=lambda n: left[n][0].wait()))

    def quicken(self) -> None:
        """Goes on in compiled code from now on, if there is any and it has become worth while."""
        plain = self._plain
        if plain is not None and compiled.worth_while(self.rows):
            groups = compiled.groups(self._model, self.rows)
            if groups:
                self._plain = None
                self._sit(groups)
                for place in range(self.rows):
                    self._put(place, plain.text(place))


class _Queue:
    """Texts that wait for a place on a desk, and the number of the text at each place."""

    def __init__(
        self, desk: _Desk, waiting: Iterator[Wanted], most: int, max_tokens: int | None, endless: bool
    ) -> None:
        """From the oldest unfinished text on, `most` are begun."""
        self._desk, self._waiting, self._most = desk, waiting, most
        self._max_tokens, self._endless = max_tokens, endless
        self._numbers = np.full(desk.rows, _NOBODY)
        self._counts = np.zeros(desk.rows, np.intp)
        self._begun, self._exhausted = 0, False

    @property
    def done(self) -> bool:
        return self._exhausted and not any(group.begun for group, _ in self._desk.groups)

    def account(self, places: range, made: Made) -> tuple[list[int], NDArray[np.intp]]:
        """Takes note of the steps made at some places: the number of the text at each, and how many of its tokens
        belong to it.
        """
        at = slice(places.start, places.stop)
        numbers = self._numbers[at].tolist()
        lengths = np.full(len(places), made.steps + 1)
        if not self._endless:
            lengths = np.where(made.ended, made.ended, lengths)
        if self._max_tokens is not None:
            lengths = np.minimum(lengths, self._max_tokens - self._counts[at])
        lengths[self._numbers[at] == _NOBODY] = 0
        self._counts[at] += made.steps
        self._numbers[at][lengths <= made.steps] = _NOBODY
        return numbers, lengths

    def fill(self, places: range) -> bool:
        """Puts texts where there are none; says whether there are any now."""
        free = np.flatnonzero(self._numbers[places.start : places.stop] == _NOBODY) + places.start
        if not len(free):
            return True
        oldest = int(self._numbers.min(where=self._numbers != _NOBODY, initial=self._begun))
        room = max(0, min(len(free), oldest + self._most - self._begun))
        texts = list(islice(self._waiting, room))
        self._exhausted |= len(texts) < room
        for place, text in zip(free.tolist(), texts, strict=False):
            self._desk.put(place, text)
            self._numbers[place], self._counts[place] = self._begun, 0
            self._begun += 1
        return len(free) - len(texts) < len(places)

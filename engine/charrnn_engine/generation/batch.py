"""Many texts at once, one matrix product for all: a row for each, with a prompt, a seed and controls of its own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine import compiled
from charrnn_engine.evaluation.threads import threads_at_most
from charrnn_engine.generation.generation import Token
from charrnn_engine.generation.rows import Beginnings, Made, PlainRows, Rows, together
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls

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

    With the extra `fast`, and once batches of this process have had about a second's work, rows are stepped by
    compiled code on all cores.

    Raises ValueError unless there are as many prompts as controls and seeds, and what `generate` raises.
    """
    count = len(prompts)
    if not len(controls) == len(seeds) == count:
        raise ValueError(
            f"{count} prompts, {len(controls)} controls and {len(seeds)} seeds; one each a row is needed"
        )
    if not count or (max_tokens is not None and max_tokens < 1):
        return iter(())
    queue = _Queue(_Desk(model, count), map(Wanted, prompts, controls, seeds), count, max_tokens, endless)
    queue.fill()
    return _to_the_end(queue, model.vocabulary.texts)


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
    most = _BEGUN_AT_MOST * rows
    queue = _Queue(_Desk(model, len(first)), chain(first, waiting), most, max_tokens, endless)
    yield from _to_the_end(queue, model.vocabulary.texts)


def _to_the_end(queue: "_Queue", texts: Sequence[str]) -> Iterator[tuple[int, Token]]:
    queue.begin()
    while queue.desk.begun:
        places, made = queue.desk.finish()
        written = made.tokens(texts, *queue.account(places, made))
        try:
            queue.begin()
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
        self._sit(compiled.groups(model, rows) if compiled.worth_while() else [])

    def _sit(self, groups: list[Rows]) -> None:
        if not groups:
            self._plain = PlainRows(self._model, self.rows)
            groups = [self._plain]
        self._groups = groups
        ends = list(accumulate(map(len, groups)))
        self._places = [np.arange(end - len(group), end) for group, end in zip(groups, ends, strict=True)]
        self._seats = [(group, row) for group in groups for row in range(len(group))]

    def put(self, place: int, wanted: Wanted) -> None:
        """A text begins. Raises what `generate` raises."""
        group, row = self._seats[place]
        group.put(row, self._beginnings.text(*wanted))

    @property
    def begun(self) -> bool:
        """Whether there is anything to finish."""
        return any(group.begun for group in self._groups)

    def begin(self, wanted: NDArray[np.bool_], most: int | None = None) -> None:
        """Begins with the next steps, at most so many, at the places that are wanted, (B,), and at others."""
        self._quicken()
        begun = [group for group, places in zip(self._groups, self._places, strict=True) if wanted[places].any()]
        for group in begun:
            group.begin(most)
        for group in begun[: threads_at_most() - 1]:
            group.let_go()

    def finish(self) -> tuple[NDArray[np.intp], Made]:
        """The places that have made their steps, and what came of it."""
        left = [n for n, group in enumerate(self._groups) if group.begun]
        made: dict[int, Made] = {}
        while left:
            first = min(left, key=lambda n: (self._groups[n].wait(), -n))
            left.remove(first)
            made[first] = self._groups[first].finish()
        order = sorted(made)
        places, found = np.concatenate([self._places[n] for n in order]), together([made[n] for n in order])
        if self._plain is not None:
            compiled.count(self._model, len(places) * found.steps)
        return places, found

    def _quicken(self) -> None:
        """Goes on in compiled code from now on, if there is any and it has become worth while."""
        plain = self._plain
        if plain is not None and compiled.worth_while():
            groups = compiled.groups(self._model, self.rows)
            if groups:
                self._plain = None
                self._sit(groups)
                for (group, row), text in zip(self._seats, plain.texts(), strict=True):
                    group.put(row, text)


class _Queue:
    """Texts that wait for a place on a desk, and the number of the text at each place."""

    def __init__(
        self, desk: _Desk, waiting: Iterator[Wanted], most: int, max_tokens: int | None, endless: bool
    ) -> None:
        """From the oldest unfinished text on, `most` are begun."""
        self.desk = desk
        self._waiting, self._most = waiting, most
        self._max_tokens, self._endless = max_tokens, endless
        self._numbers = np.full(desk.rows, _NOBODY)
        self._counts = np.zeros(desk.rows, np.intp)
        self._begun = 0

    def account(self, places: NDArray[np.intp], made: Made) -> tuple[list[int], NDArray[np.intp]]:
        """Takes note of the steps made at some places: the number of the text at each, and how many of its tokens
        belong to it.
        """
        numbers = self._numbers[places]
        lengths = np.full(len(places), made.steps + 1)
        if not self._endless:
            lengths = np.where(made.ended, made.ended, lengths)
        if self._max_tokens is not None:
            lengths = np.minimum(lengths, self._max_tokens - self._counts[places])
        lengths[numbers == _NOBODY] = 0
        self._counts[places] += made.steps
        self._numbers[places[lengths <= made.steps]] = _NOBODY
        return numbers.tolist(), np.minimum(lengths, made.steps)

    def fill(self) -> None:
        """Puts texts where there are none."""
        free = np.flatnonzero(self._numbers == _NOBODY)
        if len(free):
            oldest = int(self._numbers.min(where=self._numbers != _NOBODY, initial=self._begun))
            room = max(0, min(len(free), oldest + self._most - self._begun))
            for place, text in zip(free.tolist(), islice(self._waiting, room), strict=False):
                self.desk.put(place, text)
                self._numbers[place], self._counts[place] = self._begun, 0
                self._begun += 1

    def begin(self) -> None:
        """Fills the places, and begins with the next steps, as many as any text has left at most."""
        self.fill()
        taken = self._numbers != _NOBODY
        if taken.any():
            self.desk.begin(taken, self._max_tokens and self._max_tokens - int(self._counts[taken].min()))

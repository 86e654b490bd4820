"""Any number of texts of one model, written side by side in the rows of a batch: as tokens, or as arrays of ids."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.batch import Batch, Text, new_text
from charrnn_engine.generation.tokens import Token, new_token
from charrnn_engine.network.model import CharRNN
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.random_numbers import RandomNumbers
from charrnn_engine.vocabulary import Vocabulary

ROWS = 64
"""Texts that `generate_many` writes side by side unless asked otherwise: with more, a character takes as long."""

_STEPS = 4  # per run while texts may end: a row whose text has ended steps along until the run is over
_BEGUN_AT_MOST = 4  # times the rows: texts begun, counted from the oldest unfinished one
_PROMPTS_KEPT = 256


class Request(NamedTuple):
    """A text to write."""

    prompt: str
    controls: Controls
    seed: int


class Written(NamedTuple):
    """A whole text: its number, its ids (T,), and the surprisal of each in bits (T,), empty unless asked for."""

    number: int
    ids: NDArray[np.int32]
    surprisals: NDArray[np.float32]


def generate_batch(
    model: CharRNN,
    prompts: Sequence[str],
    controls: Sequence[Controls],
    seeds: Sequence[int],
    *,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[tuple[int, Token]]:
    """(row, Token) for every row, one token at a time and row by row, until all rows have ended.

    A row is drawn from the same distribution and with the same random numbers as the text that `generate` gives for
    its prompt, controls and seed, and the same call gives the same tokens again. It isn't promised to be that text
    to the last character: matrix products round their last bit differently in a batch, and where that decides a
    draw, about once in some 100,000 characters, the texts differ from there on.

    Raises ValueError unless there are as many prompts as controls and seeds, and what `generate` raises.
    """
    count = len(prompts)
    if not len(controls) == len(seeds) == count:
        raise ValueError(
            f"{count} prompts, {len(controls)} controls and {len(seeds)} seeds; each row needs one of each"
        )
    if not count:
        return iter(())
    requests = [Request(*each) for each in zip(prompts, controls, seeds, strict=True)]
    return generate_many(model, requests, rows=count, max_tokens=max_tokens, endless=endless)


def generate_many(
    model: CharRNN,
    requests: Iterable[Request],
    *,
    rows: int = ROWS,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[tuple[int, Token]]:
    """(number, Token) for any number of texts, `rows` of them side by side: when one ends, the next takes its row.
    Numbers count the requests from 0.

    The promise is that of `generate_batch`. While one text is far from its end, only a few times `rows` others are
    begun after it. A text ends with its `<eos>`, unless `endless`, or at `max_tokens`, whichever comes first.

    Raises ValueError for fewer rows than 1, and what `generate` raises: for the first `rows` texts at once, for the
    others when they begin.
    """
    schedule = _Schedule(model, requests, rows, max_tokens, endless, figures=True)
    return chain.from_iterable(_tokens(part, model.vocabulary) for part in schedule.run())


def write_many(
    model: CharRNN,
    requests: Iterable[Request],
    *,
    rows: int = ROWS,
    max_tokens: int | None = None,
    endless: bool = False,
    surprisals: bool = False,
) -> Iterator[Written]:
    """The texts of `generate_many` as arrays, each when it is finished, without making tokens. Raises the same."""
    schedule = _Schedule(model, requests, rows, max_tokens, endless, figures=surprisals)
    # Texts under way have numbers in a range of this size, so each has a place of its own.
    places = _BEGUN_AT_MOST * rows
    ids, bits = np.empty((places, 64), np.int32), np.empty((places, 64 if surprisals else 0), np.float32)
    for part in schedule.run():
        [going] = part.lengths.nonzero()
        starts, place = part.starts[going], part.numbers[going] % places
        while ids.shape[1] < int(starts.max()) + len(part.ids):
            ids, bits = (np.concatenate([array, np.empty_like(array)], axis=1) for array in (ids, bits))
        at = place[:, None], starts[:, None] + np.arange(len(part.ids))
        ids[at] = part.ids.T[going]
        if surprisals:
            bits[at] = part.figures[1].T[going]
        for row, where in zip(going.tolist(), place.tolist(), strict=True):
            if not part.unfinished[row]:
                end = int(part.starts[row] + part.lengths[row])
                yield Written(int(part.numbers[row]), ids[where, :end].copy(), bits[where, :end].copy())


class _Part(NamedTuple):
    """What one run of the batch adds to the texts in its B rows. The arrays of ids and figures are (N, B)."""

    numbers: NDArray[np.intp]
    """Of the text in each row."""
    starts: NDArray[np.intp]
    """Tokens that each text had before."""
    lengths: NDArray[np.intp]
    """How many of the N tokens belong to it; 0 where it had ended before."""
    unfinished: NDArray[np.bool_]
    before: NDArray[np.intp]
    """The last id of each text before."""
    ids: NDArray[np.intp]
    figures: tuple[NDArray[np.floating], ...]
    """Those of `Batch.figures`, or none."""
    controls: Sequence[Controls]


class _Schedule:
    """Which text is in which row of a batch, and when it has ended."""

    def __init__(
        self,
        model: CharRNN,
        requests: Iterable[Request],
        rows: int,
        max_tokens: int | None,
        endless: bool,
        *,
        figures: bool,
    ) -> None:
        if rows < 1:
            raise ValueError(f"rows is {rows}; it must be 1 or more")
        self._model, self._figures = model, figures
        self._max_tokens = sys.maxsize if max_tokens is None else max(0, min(max_tokens, sys.maxsize))
        self._eos = None if endless else model.vocabulary.eos
        self._most = _BEGUN_AT_MOST * rows
        self._prompts: dict[str, Text] = {}
        self._waiting = map(self._begin, requests if self._max_tokens else ())
        self._first = list(islice(self._waiting, rows))

    def _begin(self, request: Request) -> Text:
        """Texts tend to share prompts, so the states that those end in are kept."""
        prompt, controls, seed = request
        known = self._prompts.get(prompt)
        if known is None:
            if len(self._prompts) >= _PROMPTS_KEPT:
                self._prompts.clear()
            known = self._prompts[prompt] = new_text(self._model, prompt, controls, seed)
        return Text(RandomNumbers(seed), controls, known.state, known.last, past=known.past)

    def run(self) -> Iterator[_Part]:
        if not self._first:
            return
        batch = Batch(self._model, self._first, figures=self._figures)
        numbers = np.arange(len(batch))
        unfinished = np.ones(len(batch), np.bool_)
        begun = len(batch)
        while True:
            starts, before, controls = batch.lengths.copy(), batch.last.copy(), batch.controls
            left = self._max_tokens - int(starts[unfinished].min())
            ids = batch.run(left if self._eos is None else min(left, _STEPS))
            lengths = np.where(unfinished, np.minimum(len(ids), self._max_tokens - starts), 0)
            now = unfinished & (starts + lengths < self._max_tokens)
            if self._eos is not None:
                ends = ids == self._eos
                ended = ends.any(axis=0)
                lengths = np.where(ended, np.minimum(lengths, ends.argmax(axis=0) + 1), lengths)
                now &= ~ended
            unfinished = now
            figures = batch.figures() if self._figures else ()
            part = _Part(numbers, starts, lengths, unfinished, before, ids, figures, controls)
            if unfinished.all():
                yield part
                continue
            free = np.flatnonzero(~unfinished)
            oldest = int(numbers.min(where=unfinished, initial=begun))
            room = max(0, min(len(free), oldest + self._most - begun))
            try:
                texts = dict(zip(free.tolist(), islice(self._waiting, room), strict=False))
            except Exception:  # what has been written comes first
                yield part
                raise
            yield part
            batch.put(texts)
            rows = list(texts)
            numbers, unfinished = numbers.copy(), unfinished.copy()
            numbers[rows], unfinished[rows] = np.arange(begun, begun + len(rows)), True
            begun += len(rows)
            running = np.flatnonzero(unfinished)
            if not len(running):
                return
            if len(rows) < room and 2 * len(running) <= len(batch):  # nothing waits: a smaller batch is faster
                texts_now = batch.texts
                batch = Batch(self._model, [texts_now[row] for row in running], figures=self._figures)
                numbers, unfinished = numbers[running], unfinished[running]


def _tokens(part: _Part, vocabulary: Vocabulary) -> Iterator[tuple[int, Token]]:
    """The tokens of a part, step by step and row by row. Each is made when it is asked for."""
    steps = np.arange(len(part.ids))[:, None]
    wanted = steps < part.lengths
    rows = wanted.nonzero()[1].tolist()
    ids = part.ids[wanted].tolist()
    after, kinds = vocabulary.texts_after, vocabulary.kinds
    before = np.concatenate([part.before[None], part.ids[:-1]])[wanted].tolist()
    probabilities, surprisals, entropies = part.figures
    tokens = map(
        new_token,
        zip(
            ids,
            (after[kinds[last]][index] for last, index in zip(before, ids, strict=True)),
            probabilities[wanted].tolist(),
            np.exp2(-surprisals[wanted].astype(np.float64)).tolist(),
            entropies[wanted].tolist(),
            map(part.controls.__getitem__, rows),
            (part.starts + steps)[wanted].tolist(),
            strict=True,
        ),
    )
    return zip(part.numbers[rows].tolist(), tokens, strict=True)

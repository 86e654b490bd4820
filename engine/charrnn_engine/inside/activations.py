"""What every unit is at each token of a text: for one text exactly, or for a large sample of many, read side by side.

Karpathy, Johnson and Fei-Fei (2015, arXiv:1506.02078) read cells off this way. Knows no properties.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import PromptError
from charrnn_engine.generation.many import Request, write_many
from charrnn_engine.generation.prompts import default_prompt
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.vocabulary import split

CHUNK = 1024
"""Tokens of `chunks_of_activations`."""
SAMPLE = 24_000
"""Tokens of a sample: half of them choose units, half report. An AUROC's standard error is below 0.01 then."""
WARM_UP = 200
"""Tokens read before a stretch from the middle of a text, so that it doesn't begin from the initial state."""

_STRETCH = 1000
_ROWS = 32

Progress = Callable[[float], None]


def activations(model: CharRNN, ids: Sequence[int], state: Array | None = None) -> Array:
    """The state after each token of a text: float32 (T, S), columns as `unit_names` names them.

    `state` is the model's before the first token; by default it is the initial one. A long text takes much
    memory: `chunks_of_activations` gives the same in pieces.
    """
    chunks = list(chunks_of_activations(model, ids, state))
    return np.concatenate(chunks) if chunks else np.empty((0, model.network.units), np.float32)


def chunks_of_activations(model: CharRNN, ids: Sequence[int], state: Array | None = None) -> Iterator[Array]:
    """`activations` in pieces of at most CHUNK tokens."""
    stepper = model.stepper()
    if state is not None:
        stepper.state = state
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        out = np.empty((len(chunk), model.network.units), np.float32)
        for t, index in enumerate(chunk):
            stepper.feed(int(index))
            out[t] = stepper.units[0]
        yield out


@dataclass(frozen=True, eq=False)
class Sample:
    """The states at many tokens of some texts.

    `states` is float16 (N, S), in the order of the texts: half precision ranks units as well, in half the memory.
    `text_of` and `end_of` are (N,): the text of each token, and the place in it of the token's last character.
    """

    model: CharRNN
    texts: tuple[str, ...]
    states: NDArray[np.float16]
    text_of: NDArray[np.intp]
    end_of: NDArray[np.intp]

    @property
    def half(self) -> int:
        """The first row of the second half, which reports what the first half chose."""
        return len(self.states) // 2

    def gather(self, values: Callable[[str], NDArray[Any]]) -> NDArray[Any]:
        """(N,): for each token the value at its last character, of `values`, which gives (T,) for a text."""
        of_each = [values(text) for text in self.texts]
        starts = np.array([0, *accumulate(map(len, of_each))], np.intp)
        gathered: NDArray[Any] = np.concatenate(of_each)[starts[self.text_of] + self.end_of]
        return gathered


@dataclass(frozen=True)
class _Read:
    """What is read of a text: its ids, the place of each one's last character, and how many are only a warm-up."""

    text: int
    ids: list[int]
    ends: list[int]
    skip: int = 0


def read_sample(
    model: CharRNN, texts: Sequence[str], tokens: int = SAMPLE, progress: Progress | None = None
) -> Sample:
    """Reads up to `tokens` tokens of `texts`, spread evenly: whole short texts, and stretches of long ones.

    Characters that the model doesn't know are left out. `progress` is called with the part done, from 0 to 1.
    Raises PromptError where there is less than two tokens to read.
    """
    known: list[str] = []
    stretches: list[_Read] = []
    for text in texts:
        kept, ids, ends = _encoded(model, text)
        if ids:
            stretches += _stretches(_Read(len(known), ids, ends))
            known.append(kept)
    stretches = _evenly(stretches, tokens)
    kept_tokens = sum(len(each.ids) - each.skip for each in stretches)
    if kept_tokens < 2:
        raise PromptError("there is nothing to read: the text holds fewer than two tokens that the model knows")
    states = _states(model, stretches, kept_tokens, progress)
    text_of = np.concatenate([np.full(len(each.ids) - each.skip, each.text) for each in stretches])
    end_of = np.concatenate([np.array(each.ends[each.skip :], np.intp) for each in stretches])
    return Sample(model, tuple(known), states, text_of, end_of)


def texts_of(model: CharRNN, text: str) -> list[str]:
    """The texts of a file: its lines for a model that knows no newline, which was trained on lines."""
    return [text] if "\n" in model.vocabulary.ids else text.split("\n")


def own_texts(model: CharRNN, tokens: int = SAMPLE, seed: int = 1) -> list[str]:
    """Texts that the model writes itself at temperature 1, of so many tokens together."""
    count = max(1, tokens // _STRETCH)
    requests = [Request(default_prompt(model), Controls(), seed + n) for n in range(count)]
    written = write_many(model, requests, max_tokens=tokens // count, endless=True)
    by_number = sorted(written, key=lambda each: each.number)
    return [text for each in by_number for text in texts_in(model, each.ids.tolist())]


def texts_in(model: CharRNN, ids: Sequence[int]) -> list[str]:
    """The texts that an endless one is made of, each up to its `<eos>`."""
    texts, start = [], 0
    for place, index in enumerate(ids):
        if index == model.vocabulary.eos:
            texts.append(model.vocabulary.decode(ids[start:place]))
            start = place + 1
    return [*texts, model.vocabulary.decode(ids[start:])]


def _encoded(model: CharRNN, text: str) -> tuple[str, list[int], list[int]]:
    """A text without what the model doesn't know, its ids, and the place of each one's last character."""
    vocabulary = model.vocabulary
    found = zip(split(text, vocabulary.level), vocabulary.encode_known(text), strict=True)
    known = [(piece, vocabulary.unknown if index is None else index) for piece, index in found]
    pieces = [piece for piece, index in known if index is not None]
    ends = [end - 1 for end in accumulate(map(len, pieces))]
    return "".join(pieces), [index for _, index in known if index is not None], ends


def _stretches(text: _Read) -> list[_Read]:
    """A short text whole; of a long one, stretches that follow each other, each read after a warm-up."""
    ids, ends = text.ids, text.ends
    if len(ids) <= _STRETCH + WARM_UP:
        return [text]
    starts = range(WARM_UP, len(ids), _STRETCH)
    bounds = [(start - WARM_UP, start + _STRETCH) for start in starts]
    return [_Read(text.text, ids[first:end], ends[first:end], WARM_UP) for first, end in bounds]


def _evenly(stretches: list[_Read], tokens: int) -> list[_Read]:
    """As many of them as hold about so many tokens, from beginning to end."""
    total = sum(len(each.ids) - each.skip for each in stretches)
    if total <= tokens:
        return stretches
    count = max(2, round(len(stretches) * tokens / total))
    places = np.linspace(0, len(stretches) - 1, min(count, len(stretches))).round().astype(int)
    return [stretches[place] for place in places]


def _states(model: CharRNN, stretches: list[_Read], tokens: int, progress: Progress | None) -> NDArray[np.float16]:
    """(N, S): stretches of similar length are read side by side, one matrix product for all."""
    states = np.empty((tokens, model.network.units), np.float16)
    firsts = [0, *accumulate(len(each.ids) - each.skip for each in stretches)]
    by_length = sorted(range(len(stretches)), key=lambda place: -len(stretches[place].ids))
    groups = [by_length[start : start + _ROWS] for start in range(0, len(by_length), _ROWS)]
    steps, done = sum(len(stretches[group[0]].ids) for group in groups), 0
    for group in groups:
        stepper = model.stepper(len(group))
        rows = [stretches[place] for place in group]
        longest = len(rows[0].ids)
        ids = np.array([row.ids + [0] * (longest - len(row.ids)) for row in rows], np.intp)
        first = np.array([firsts[place] - row.skip for place, row in zip(group, rows, strict=True)])
        skips, lengths = np.array([row.skip for row in rows]), np.array([len(row.ids) for row in rows])
        for t in range(longest):
            stepper.feed(ids[:, t])
            kept = (skips <= t) & (t < lengths)
            states[first[kept] + t] = stepper.units[kept]
        done += longest
        if progress is not None:
            progress(done / steps)
    return states

"""One text of one model: what has been drawn so far, the state to go on from, and the way back. Knows nothing of who
reads it, or when.
"""

import secrets
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import PromptError
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import drawn_distribution, entropy_bits, model_distribution
from charrnn_engine.sampling.random_numbers import Draws
from charrnn_engine.sampling.sampler import Sampler

_SNAPSHOT_EVERY = 128
_SNAPSHOTS_AT_MOST = 512
_IDS_AT_MOST = 1_000_000  # so that an endless text takes bounded memory


class Token(NamedTuple):
    """One generated token. `text` is what it adds to the text: nothing for `<eos>`."""

    id: int
    text: str
    probability: float
    """As drawn from, after the controls."""
    model_probability: float
    """Before them: softmax of the logits."""
    entropy: float
    """Of the model's distribution, before the controls, in bits."""
    controls: Controls
    index: int  # type: ignore[assignment]  # tuple has a method of that name, which a Token can spare
    """Position in the generated text, from 0; the prompt isn't counted."""


_new_tuple = tuple.__new__  # what a NamedTuple's own constructor comes down to, without a Python function around it


def random_seed() -> int:
    """A new seed, short enough to be read out and typed again."""
    return secrets.randbelow(1_000_000_000)


def encode_prompt(model: CharRNN, prompt: str) -> list[int]:
    """The ids to start from; an empty prompt starts from `<eos>`.

    Raises UnknownTokenError for characters that the model doesn't know, and PromptError for an empty prompt where
    the vocabulary has no `<eos>`.
    """
    ids = model.vocabulary.encode(prompt)
    if ids:
        return ids
    if model.vocabulary.eos is None:
        raise PromptError(
            f"the prompt is empty and the model {model.name!r} has no <eos> to start from; type some text"
        )
    return [model.vocabulary.eos]


def default_prompt(model: CharRNN) -> str:
    """What to start from when nothing is given: nothing where there is an `<eos>`, else a newline or the like."""
    vocabulary = model.vocabulary
    if vocabulary.eos is not None:
        return ""
    known = (token for token in ("\n", " ", *vocabulary.ids) if token in vocabulary.ids)
    return next(known)


class Generation:
    """One text of one model: the prompt, what has been drawn since, and the state to go on from.

    Each position has a random number of its own, given by the seed, so the same controls at the same positions
    give the same text, also after going back. After an `<eos>` the next text starts from a fresh state, as every
    text did in training.

    Raises what `encode_prompt` raises, and ControlsError for a seed below 0.
    """

    def __init__(self, model: CharRNN, prompt: str, *, seed: int) -> None:
        self.model = model
        self.prompt = prompt
        self._start = encode_prompt(model, prompt)
        self._draws = Draws(seed)
        self._figures = Sampler(len(model.vocabulary), model.vocabulary.never_drawn, model.network.head.reach).figures
        self._stepper = model.stepper()
        self._step = self._stepper.step
        self._texts, self._eos = model.vocabulary.texts, model.vocabulary.eos
        self._ids = array("I")
        self._let_go = 0  # how many ids were dropped in front of `_ids`
        self._fed = 0  # how many tokens of the text the state has seen
        self._snapshots: dict[int, Array] = {}
        self._restart()

    @property
    def seed(self) -> int:
        return self._draws.seed

    @property
    def ids(self) -> Sequence[int]:
        """Ids of the text so far, without the prompt's: all of them, or the last million or so."""
        return self._ids

    @property
    def earliest(self) -> int:
        """The shortest length that `rewind` can still go back to."""
        return self._let_go

    def __len__(self) -> int:
        return self._let_go + len(self._ids)

    @property
    def at_eos(self) -> bool:
        """Whether the token drawn last was `<eos>`."""
        return bool(self._ids) and self._ids[-1] == self.model.vocabulary.eos

    def next(self, controls: Controls) -> Token:
        """Draws the next token and takes it into the text."""
        index = self._let_go + len(self._ids)
        return self._add(self._figures(self._ready(index), controls, self._draws[index]), controls, index)

    def take(self, token_id: int, controls: Controls) -> Token:
        """Takes a token of the caller's choice into the text, in the place of the one that would be drawn.

        Its probabilities are those that it had, under these controls. Raises ValueError for an id out of range or
        one that is never drawn.
        """
        vocabulary = self.model.vocabulary
        if not 0 <= token_id < len(vocabulary) or token_id in vocabulary.never_drawn:
            raise ValueError(f"{token_id} is no id that this model can generate")
        index = len(self)
        logits = self._ready(index)
        thought = float(model_distribution(logits)[token_id])
        drawn = float(drawn_distribution(logits, controls, vocabulary.never_drawn)[token_id])
        return self._add((token_id, drawn, thought, entropy_bits(logits)), controls, index)

    def resume(self, ids: Iterable[int]) -> None:
        """Takes tokens into the text that it had before: as `take`, without their probabilities."""
        for index in ids:
            self._ready(len(self))
            self._ids.append(index)

    def _ready(self, index: int) -> NDArray[np.float32]:
        """The logits to draw token `index` from; now and then the state is kept for going back."""
        fed = self._fed
        if fed == index - 1 and (last := self._ids[-1]) != self._eos:  # as it nearly always is
            self._fed = index
            logits = self._step(last)
        else:
            logits = self.logits()
        if index % _SNAPSHOT_EVERY == 0:
            self._remember(index)
        return logits

    def _add(self, figures: tuple[int, float, float, float], controls: Controls, index: int) -> Token:
        token_id, probability, model_probability, entropy = figures
        self._ids.append(token_id)
        if len(self._ids) > _IDS_AT_MOST + _IDS_AT_MOST // 10:
            self._forget()
        return _new_tuple(
            Token, (token_id, self._texts[token_id], probability, model_probability, entropy, controls, index)
        )

    def _forget(self) -> None:
        """Lets the oldest ids go, up to a place whose state is kept."""
        target = len(self) - _IDS_AT_MOST
        keep_from = max((at for at in self._snapshots if at <= target), default=0)
        del self._ids[: keep_from - self._let_go]
        self._let_go = keep_from
        for at in [at for at in self._snapshots if at < keep_from]:
            del self._snapshots[at]

    def logits(self) -> NDArray[np.float32]:
        """Log-scores of the next token, (V,); overwritten by the next step. For looking at the alternatives."""
        for at in range(self._fed - self._let_go, len(self._ids)):
            index = self._ids[at]
            if index == self._eos:
                self._stepper.reset()
            self._step(index)
        self._fed = len(self)
        return self._stepper.logits

    def rewind(self, length: int) -> None:
        """Goes back to the first `length` tokens; those after are dropped.

        Costs at most a few hundred steps: the state is kept at intervals. Raises ValueError out of range.
        """
        if not self._let_go <= length <= len(self):
            raise ValueError(f"the text has tokens {self._let_go} to {len(self)}; it can't go back to {length}")
        del self._ids[length - self._let_go :]
        if self._fed > length:
            snapshot = max((at for at in self._snapshots if at <= length), default=None)
            for at in [at for at in self._snapshots if at > length]:
                del self._snapshots[at]
            if snapshot is None:
                self._restart()
            else:
                self._stepper.restore(self._snapshots[snapshot])
                self._fed = snapshot
        self.logits()

    def _restart(self) -> None:
        self._stepper.reset()
        for index in self._start:
            self._step(index)
        self._fed = 0

    def _remember(self, length: int) -> None:
        self._snapshots[length] = self._stepper.state[0]
        if len(self._snapshots) > _SNAPSHOTS_AT_MOST:
            # Thin out the older half, evenly: far back, a longer way is walked again.
            older = sorted(self._snapshots)[: _SNAPSHOTS_AT_MOST // 2]
            first, spaces = older[0], len(older) // 2
            places = (first + n * (older[-1] - first) // spaces for n in range(spaces + 1))
            spread = {older[bisect_left(older, place)] for place in places}
            for at in older:
                if at not in spread:
                    del self._snapshots[at]

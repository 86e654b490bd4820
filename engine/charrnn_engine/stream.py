"""A text while a model writes it, one Token at a time: `generate`, the async generator `stream`, and Generation,
which can also go back. Knows nothing of screens; what the reader changes arrives as a new Controls, read once a
token.
"""

import asyncio
import secrets
from array import array
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import PromptError
from charrnn_engine.layers import Array
from charrnn_engine.model import CharRNN
from charrnn_engine.sampler import (
    Controls,
    Draw,
    Draws,
    Sampler,
    drawn_distribution,
    entropy_bits,
    model_distribution,
)

ControlsSource = Controls | Callable[[], Controls | None]
"""Controls that stay, or a function asked right before every token for those that hold now; None ends the text."""

TURN_SECONDS = 0.004
"""How long `stream` keeps the event loop at most before it gives the others their turn."""

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
        self._sampler = Sampler(len(model.vocabulary), model.vocabulary.never_drawn)
        self._stepper = model.stepper()
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
        return self._add(self._sampler.draw(self._ready(index), controls, self._draws[index]), controls, index)

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
        return self._add(Draw(token_id, drawn, thought, entropy_bits(logits)), controls, index)

    def resume(self, ids: Iterable[int]) -> None:
        """Takes tokens into the text that it had before: as `take`, without their probabilities."""
        for index in ids:
            self._ready(len(self))
            self._ids.append(index)

    def _ready(self, index: int) -> NDArray[np.float32]:
        """The logits to draw token `index` from; now and then the state is kept for going back."""
        logits = self.logits()
        if index % _SNAPSHOT_EVERY == 0:
            self._remember(index)
        return logits

    def _add(self, draw: Draw, controls: Controls, index: int) -> Token:
        self._ids.append(draw.id)
        if len(self._ids) > _IDS_AT_MOST + _IDS_AT_MOST // 10:
            self._forget()
        token_id, probability, model_probability, entropy = draw
        return Token(token_id, self._texts[token_id], probability, model_probability, entropy, controls, index)

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
        while self._fed < self._let_go + len(self._ids):
            self._feed(self._ids[self._fed - self._let_go])
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
            self._stepper.step(index)
        self._fed = 0

    def _feed(self, index: int) -> None:
        if index == self._eos:
            self._stepper.reset()
        self._stepper.step(index)
        self._fed += 1

    def _remember(self, length: int) -> None:
        self._snapshots[length] = self._stepper.state[0].copy()
        if len(self._snapshots) > _SNAPSHOTS_AT_MOST:
            # Thin out the older half: far back, a longer way is walked again.
            for at in sorted(self._snapshots)[1 : _SNAPSHOTS_AT_MOST // 2 : 2]:
                del self._snapshots[at]


def _source(controls: ControlsSource) -> Callable[[], Controls | None]:
    return controls if callable(controls) else lambda: controls


def generate(
    model: CharRNN,
    prompt: str,
    controls: ControlsSource = Controls(),
    *,
    seed: int | None = None,
    max_tokens: int | None = None,
    endless: bool = False,
) -> Iterator[Token]:
    """Tokens one at a time, up to and with the first `<eos>`, or for ever where `endless`.

    `controls` may be a function, asked before every token (None ends the text); seed None takes a random one. The
    prompt and the seed are checked before the first token is asked for: see Generation for what is raised.
    """
    generation = Generation(model, prompt, seed=random_seed() if seed is None else seed)
    return _generate(generation, _source(controls), max_tokens, endless)


def _generate(
    generation: Generation, controls: Callable[[], Controls | None], max_tokens: int | None, endless: bool
) -> Iterator[Token]:
    eos = generation.model.vocabulary.eos
    while max_tokens is None or len(generation) < max_tokens:
        now = controls()
        if now is None:
            return
        token = generation.next(now)
        yield token
        if token.id == eos and not endless:
            return


def stream(
    model: CharRNN,
    prompt: str,
    controls: ControlsSource = Controls(),
    *,
    seed: int | None = None,
    max_tokens: int | None = None,
    endless: bool = False,
) -> AsyncGenerator[Token, None]:
    """As `generate`, as an async generator that gives the event loop its turn every few milliseconds.

    Closing it (`aclose`) or cancelling the task that reads it ends it at once.
    """
    generation = Generation(model, prompt, seed=random_seed() if seed is None else seed)
    return continue_stream(generation, controls, max_tokens=max_tokens, endless=endless)


async def continue_stream(
    generation: Generation,
    controls: ControlsSource,
    *,
    max_tokens: int | None = None,
    endless: bool = False,
) -> AsyncGenerator[Token, None]:
    """The tokens that a text goes on with: `stream` for a Generation that has begun already."""
    turn_ends = perf_counter() + TURN_SECONDS
    for token in _generate(generation, _source(controls), max_tokens, endless):
        yield token
        if perf_counter() >= turn_ends:
            await asyncio.sleep(0)
            turn_ends = perf_counter() + TURN_SECONDS

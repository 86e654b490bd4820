"""One text of one model: what has been drawn so far, the state to go on from, and the way back. Knows nothing of who
reads it, or when.
"""

import secrets
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.errors import PromptError
from charrnn_engine.generation.holding import held_units
from charrnn_engine.generation.snapshots import Snapshots
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.network.stepper import Held
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.distribution import drawn_distribution, entropy_bits, model_distribution
from charrnn_engine.sampling.random_numbers import RandomNumbers
from charrnn_engine.sampling.sampler import Sampler

_SNAPSHOT_EVERY = 128
_IDS_AT_MOST = 1_000_000  # so that an endless text takes bounded memory


class Token(NamedTuple):
    """One generated token. `text` is what it adds to the text: nothing for `<eos>`."""

    id: int
    text: str
    probability: float
    """After the controls: of the distribution it was drawn from."""
    model_probability: float
    """Before the controls: softmax of the logits."""
    entropy: float
    """Of the model's distribution, before the controls, in bits."""
    controls: Controls
    index: int  # type: ignore[assignment]  # hides tuple's method of that name, which a Token doesn't need
    """Position in the generated text, from 0, not counting the prompt."""


# What a NamedTuple's own constructor calls, without the Python function around it.
new_token: Callable[[tuple[object, ...]], Token] = partial(tuple.__new__, Token)


def random_seed() -> int:
    """A new seed, short enough to be read aloud and typed again."""
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
    """The prompt where none is given: empty if there is an `<eos>`, else a newline, a space or the first token."""
    vocabulary = model.vocabulary
    if vocabulary.eos is not None:
        return ""
    known = (token for token in ("\n", " ", *vocabulary.ids) if token in vocabulary.ids)
    return next(known)


class Generation:
    """One text of one model: the prompt, what has been drawn since, and the state to go on from.

    The seed gives each position a random number of its own, so the same controls at the same positions give exactly
    the same text, also after going back. After an `<eos>` the text goes on from the initial state, as every text
    did in training. Units that the controls of a token hold are held in the one step that gives its logits: the one
    that reads the token before it.

    Raises what `encode_prompt` raises, and ControlsError for a seed out of range.
    """

    def __init__(self, model: CharRNN, prompt: str, *, seed: int) -> None:
        self.model = model
        self.prompt = prompt
        *before, self._last_of_prompt = encode_prompt(model, prompt)
        self._numbers = RandomNumbers(seed)
        self._figures = Sampler(
            len(model.vocabulary), model.vocabulary.never_drawn, model.network.head.largest_logit
        ).figures
        self._stepper = model.stepper()
        self._step = self._stepper.step
        self._texts, self._eos = model.vocabulary.texts, model.vocabulary.eos
        self._ids = array("I")
        self._dropped = 0  # ids dropped in front of `_ids`
        for index in before:
            self._stepper.feed(index)
        self._fed = -1  # tokens of the text that the state has read; -1 before the last token of the prompt
        self._snapshots = Snapshots(self._stepper.state[0])
        self._hold: Mapping[str, float | str] = Controls().hold
        self._holds: list[tuple[int, Mapping[str, float | str], Held]] = [(0, self._hold, ())]
        """What is held from which position of the text on."""
        self._held: Held = ()

    @property
    def seed(self) -> int:
        return self._numbers.seed

    @property
    def ids(self) -> Sequence[int]:
        """Ids of the text so far, without the prompt: all of them, or about the last million."""
        return self._ids

    @property
    def earliest(self) -> int:
        """The smallest length that `rewind` can still go back to."""
        # One step before it there must be a snapshot, in case other units are to be held in that step.
        return self._dropped + 1 if self._dropped else 0

    def __len__(self) -> int:
        return self._dropped + len(self._ids)

    @property
    def at_eos(self) -> bool:
        """Whether the token drawn last was `<eos>`."""
        return bool(self._ids) and self._ids[-1] == self.model.vocabulary.eos

    def next(self, controls: Controls) -> Token:
        """Draws the next token and appends it to the text. Raises ControlsError where they hold an unknown unit."""
        if controls.hold is not self._hold:
            self._take_hold(controls.hold)
        index = self._dropped + len(self._ids)
        return self._add(self._figures(self._ready(index), controls, self._numbers[index]), controls, index)

    def take(self, token_id: int, controls: Controls) -> Token:
        """Appends a token of the caller's choice instead of drawing one.

        Its probabilities are those that it had under these controls. Raises ValueError for an id out of range or
        one that is never drawn.
        """
        vocabulary = self.model.vocabulary
        if not 0 <= token_id < len(vocabulary) or token_id in vocabulary.never_drawn:
            raise ValueError(f"this model can't generate the id {token_id}")
        self._take_hold(controls.hold)
        index = len(self)
        logits = self._ready(index)
        before = float(model_distribution(logits)[token_id])
        after = float(drawn_distribution(logits, controls, vocabulary.never_drawn)[token_id])
        return self._add((token_id, after, before, entropy_bits(logits)), controls, index)

    def resume(self, tokens: Iterable[tuple[int, Controls]]) -> None:
        """Appends tokens that the text had before, with their controls: like `take`, without probabilities."""
        for index, controls in tokens:
            self._take_hold(controls.hold)
            self._ready(len(self))
            self._ids.append(index)

    def _ready(self, index: int) -> NDArray[np.float32]:
        """The logits to draw token `index` from. At intervals a snapshot of the state is kept for going back."""
        if index % _SNAPSHOT_EVERY == 0:
            self._snapshots.keep(self._fed, self._stepper.state[0])
        if index and self._fed == index - 1 and (last := self._ids[-1]) != self._eos:  # as it nearly always is
            self._fed = index
            return self._step(last)
        return self.logits()

    def _add(self, figures: tuple[int, float, float, float], controls: Controls, index: int) -> Token:
        token_id, probability, model_probability, entropy = figures
        self._ids.append(token_id)
        if len(self._ids) > _IDS_AT_MOST + _IDS_AT_MOST // 10:
            self._drop_oldest()
        return new_token((token_id, self._texts[token_id], probability, model_probability, entropy, controls, index))

    def _drop_oldest(self) -> None:
        """Drops the oldest ids, up to a position with a snapshot."""
        keep_from = max(self._dropped, self._snapshots.drop_before(len(self) - _IDS_AT_MOST))
        del self._ids[: keep_from - self._dropped]
        self._dropped = keep_from

    def logits(self, controls: Controls | None = None) -> NDArray[np.float32]:
        """Log-scores of the next token, (V,), for looking at the alternatives; overwritten by the next step.

        Under what `controls` hold, or without them under what was held last.
        """
        if controls is not None:
            self._take_hold(controls.hold)
        if self._fed != len(self):
            for _ in self._walk(len(self)):
                pass
        return self._stepper.logits

    def unit(self, place: int) -> float:
        """One unit in the state that the last token was drawn from, so after the token before it, by its place in
        `unit_names`. Costs next to nothing, so that it can be read for each token of a running text.
        """
        return self._stepper.unit(place)

    @property
    def units(self) -> Array:
        """All units after the last token of the text, as `unit_names` names them: a copy, float32 (S,)."""
        self.logits()
        units: Array = self._stepper.units[0]
        return units

    def units_from(self, start: int) -> Array:
        """All units after each token from position `start` on, under what was held there: float32 (T, S).

        Reads the text again from the nearest snapshot. Raises ValueError for a position out of range.
        """
        self._check_length(start)
        units = np.empty((len(self) - start, self.model.network.units), np.float32)
        self._return_to(start)
        for read in self._walk(len(self)):
            units[read - start - 1] = self._stepper.units[0]
        return units

    def rewind(self, length: int) -> None:
        """Goes back to the first `length` tokens and drops the others.

        Costs at most a few hundred steps from the nearest snapshot. Raises ValueError for a length out of range.
        """
        self._check_length(length)
        del self._ids[length - self._dropped :]
        while self._holds[-1][0] > length:
            self._holds.pop()
        self._hold = self._holds[-1][1]
        self._snapshots.drop_from(length + 1)
        if self._fed > length:
            self._return_to(length)
        self.logits()

    def _check_length(self, length: int) -> None:
        if not self.earliest <= length <= len(self):
            raise ValueError(f"the text has tokens {self.earliest} to {len(self)}; it can't go back to {length}")

    def _take_hold(self, hold: Mapping[str, float | str]) -> None:
        """Holds units from the step on that gives the logits of the next token, also if that has been taken."""
        if hold == self._holds[-1][1]:
            self._hold = hold
            return
        held, position = held_units(self.model, hold), len(self)
        if self._fed == position:
            self._return_to(position - 1)
        self._snapshots.drop_from(position)
        if self._holds[-1][0] == position:
            self._holds.pop()
        self._holds.append((position, hold, held))
        self._hold = hold
        self._use(held)

    def _walk(self, length: int) -> Iterator[int]:
        """Reads on up to so many tokens of the text; yields how many have been read after each step."""
        while self._fed < length:
            read = self._fed + 1
            last = self._ids[read - 1 - self._dropped] if read else self._last_of_prompt
            if last == self._eos:
                self._stepper.reset()
            held = self._holds[bisect_right(self._holds, read, key=itemgetter(0)) - 1][2]
            self._use(held)
            self._step(last)
            self._fed = read
            yield read

    def _return_to(self, length: int) -> None:
        """Puts the state back to where it had read so many tokens of the text, which stays."""
        self._fed, state = self._snapshots.nearest(length)
        self._stepper.restore(state)
        for _ in self._walk(length):
            pass
        self._use(self._holds[-1][2])

    def _use(self, held: Held) -> None:
        """Holds units in the next step."""
        if held is not self._held:
            self._held = held
            self._stepper.hold(held)

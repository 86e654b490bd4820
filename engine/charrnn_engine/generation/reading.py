"""The state of a network that reads a text: on, and back. Chooses no tokens, and knows no rules."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from charrnn_engine.generation.holding import held_units
from charrnn_engine.generation.snapshots import Snapshots
from charrnn_engine.generation.tokens import Begun
from charrnn_engine.network.model import CharRNN
from charrnn_engine.network.products import Array
from charrnn_engine.network.stepper import Held
from charrnn_engine.sampling.controls import Controls
from charrnn_engine.sampling.repetition_penalty import RANGE

SNAPSHOT_EVERY = 128
_READ_AGAIN = 200  # tokens; the state after them is nearly that after the whole text
IDS_AT_MOST = 1_000_000  # so that an endless text takes bounded memory

Base = tuple[int, Array]
"""A number of tokens read, and the state after them."""


class Reading:
    """A text, as ids, and the state of the network after some of its tokens, from which any later one is reached.

    Units are held in the one step that gives a token's logits: the one that reads the token before it. After an
    `<eos>` the text goes on from the initial state.
    """

    def __init__(self, model: CharRNN, prompt_ids: Sequence[int], begun: Begun | None = None) -> None:
        """`begun` is a text that has been started elsewhere; it can't be rewound to before that."""
        self._model, self._eos = model, model.vocabulary.eos
        self.stepper = model.stepper()
        self._step = self.stepper.step
        self.ids = array("I")
        self.dropped = 0
        """Ids dropped in front of `ids`."""
        self.fed = -1
        """Tokens of the text that the state has read; -1 before the last token of the prompt."""
        *before, self._last_of_prompt = prompt_ids
        self._prompt_ids = [*prompt_ids]
        if begun is None:
            for index in before:
                self.stepper.feed(index)
        else:
            self.stepper.state = begun.state
            if begun.length:
                self.fed = self.dropped = begun.length - 1
                self.ids.append(self._prompt_ids.pop())
        self.snapshots = Snapshots(self.stepper.state[0], self.fed)
        self.begun_at = 0
        """Where the model was last replaced. The text can't be rewound past this position."""
        self._holds: list[tuple[int, Mapping[str, float | str], Held]] = [(0, Controls().hold, ())]
        """What is held from which position of the text on."""
        self._held: Held = ()

    def __len__(self) -> int:
        return self.dropped + len(self.ids)

    def replace_model(self, model: CharRNN) -> None:
        """Continues with another model of the same shape, which reads the last tokens of the text for its state."""
        self._model, self.stepper = model, model.stepper()
        self._step, self._held = self.stepper.step, ()
        start = max(self.dropped, len(self) - _READ_AGAIN)
        if not start:
            for index in self._prompt_ids[:-1]:
                self.stepper.feed(index)
        self.fed = start or -1
        self._use(self._holds[-1][2])
        for _ in self.walk(len(self) - 1):
            pass
        self.begun_at = len(self)
        self.snapshots = Snapshots(self.stepper.state[0], self.fed)

    def ready(self, index: int) -> NDArray[np.float32]:
        """The logits to draw token `index` from. At intervals a snapshot of the state is kept for going back."""
        if index % SNAPSHOT_EVERY == 0:
            self.snapshots.keep(self.fed, self.stepper.state[0])
        if index and self.fed == index - 1 and (last := self.ids[-1]) != self._eos:  # as it nearly always is
            self.fed = index
            return self._step(last)
        return self.read_on()

    def read_on(self) -> NDArray[np.float32]:
        """The logits after the last token, which is read if it hasn't been."""
        for _ in self.walk(len(self)):
            pass
        return self.stepper.logits

    def append(self, index: int) -> bool:
        """Appends a token; says whether old ones were dropped, so that memory stays bounded."""
        self.ids.append(index)
        if len(self.ids) <= IDS_AT_MOST + IDS_AT_MOST // 10:
            return False
        keep_from = max(self.dropped, self.snapshots.drop_before(len(self) - IDS_AT_MOST))
        del self.ids[: keep_from - self.dropped]
        self.dropped = keep_from
        return True

    def cut(self, length: int, base: Base | None = None) -> None:
        """Goes back to the first `length` tokens, with `base` as a state not far before if there is one."""
        del self.ids[length - self.dropped :]
        while self._holds[-1][0] > length:
            self._holds.pop()
        self.snapshots.drop_from(length + 1)
        if self.fed > length:
            self.return_to(length, base)

    def before(self, length: int) -> list[int]:
        """The last ids before a position, those of the prompt included: as many as rules look back to."""
        end = length - self.dropped
        start = max(0, end - RANGE)
        return [*(self._prompt_ids if start == 0 else ()), *self.ids[start:end]]

    def units_from(self, start: int) -> Array:
        """All units after each token from position `start` on, under what was held there: float32 (T, S)."""
        units = np.empty((len(self) - start, self._model.network.units), np.float32)
        self.return_to(start)
        for read in self.walk(len(self)):
            units[read - start - 1] = self.stepper.units[0]
        return units

    def hold(self, hold: Mapping[str, float | str]) -> None:
        """Holds units from the step on that gives the logits of the next token, also if that has been taken."""
        if hold == self._holds[-1][1]:
            return
        held, position = held_units(self._model, hold), len(self)
        if self.fed == position:
            self.return_to(position - 1)
        self.snapshots.drop_from(position)
        if self._holds[-1][0] == position:
            self._holds.pop()
        self._holds.append((position, hold, held))
        self._use(held)

    def walk(self, length: int) -> Iterator[int]:
        """Reads on up to so many tokens of the text; yields how many have been read after each step."""
        while self.fed < length:
            read = self.fed + 1
            last = self.ids[read - 1 - self.dropped] if read else self._last_of_prompt
            if last == self._eos:
                self.stepper.reset()
            held = self._holds[bisect_right(self._holds, read, key=itemgetter(0)) - 1][2]
            self._use(held)
            self._step(last)
            self.fed = read
            yield read

    def return_to(self, length: int, base: Base | None = None) -> None:
        """Puts the state back to where it had read so many tokens of the text, which stays."""
        self.fed, state = base if base is not None and base[0] <= length else self.snapshots.nearest(length)
        self.stepper.restore(state)
        for _ in self.walk(length):
            pass
        self._use(self._holds[-1][2])

    def _use(self, held: Held) -> None:
        """Holds units in the next step."""
        if held is not self._held:
            self._held = held
            self.stepper.hold(held)
